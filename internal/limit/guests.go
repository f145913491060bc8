package limit

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Guests are the connections of those who have not shown yet who they are. Their number is bounded, in all and for each
// address. Nobody is turned away at a bound: the guest who has waited longest goes, for somebody who asks in earnest is
// known within a moment, and who holds connections for their own sake is not.
type Guests struct {
	perAddress, total int // 0: no bound
	proxies           Proxies

	mu      sync.Mutex
	all     *list.List // of *guest, the oldest first
	from    map[netip.Addr]*list.List
	byConn  map[net.Conn]*guest
	evicted atomic.Int64
	unheard atomic.Int64
}

type guest struct {
	of         *Guests
	conn       net.Conn
	addr       netip.Addr
	known      atomic.Bool
	heard      atomic.Bool
	everywhere *list.Element // in all
	here       *list.Element // in from
}

// NewGuests returns Guests with bounds; 0 is none. Proxies have no bound of their own.
func NewGuests(perAddress, total int, proxies Proxies) *Guests {
	return &Guests{
		perAddress: perAddress, total: total, proxies: proxies,
		all: list.New(), from: map[netip.Addr]*list.List{}, byConn: map[net.Conn]*guest{},
	}
}

type guestKey struct{}

// Guard makes a server's connections guests. It keeps the server's own hooks. Call it before the server serves.
func (g *Guests) Guard(srv *http.Server) {
	inner, state := srv.ConnContext, srv.ConnState
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if inner != nil {
			ctx = inner(ctx, c)
		}
		return context.WithValue(ctx, guestKey{}, g.enter(c))
	}
	srv.ConnState = func(c net.Conn, s http.ConnState) {
		if s == http.StateClosed || s == http.StateHijacked {
			g.leave(c)
		}
		if state != nil {
			state(c, s)
		}
	}
}

// Welcome says that the connection of a request is no guest any more: its owner is known. A request of a server without
// a Guard has nothing to say it to.
func Welcome(ctx context.Context) {
	v, _ := ctx.Value(guestKey{}).(*guest)
	if v != nil && !v.known.Load() && v.known.CompareAndSwap(false, true) {
		v.of.leave(v.conn)
	}
}

// Heard says that a whole head of a request has come by the connection.
func Heard(ctx context.Context) {
	if v, _ := ctx.Value(guestKey{}).(*guest); v != nil {
		v.heard.Store(true)
	}
}

// Hold has a guest wait for its answer, or until its request is given up. How many wait is bounded as guests are; of whom nothing
// bounds (those who are known, and all of a server without a Guard) nobody waits.
func Hold(ctx context.Context, pause time.Duration) {
	if v, _ := ctx.Value(guestKey{}).(*guest); v == nil || v.known.Load() {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Count returns how many guests there are.
func (g *Guests) Count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all.Len()
}

// Evicted returns how many were closed for a newer one.
func (g *Guests) Evicted() int64 { return g.evicted.Load() }

// Unheard returns how many connections were closed, by either side, before a request had come whole and were not Evicted: what
// came too slowly, was too long, or was none.
func (g *Guests) Unheard() int64 { return g.unheard.Load() }

func (g *Guests) enter(c net.Conn) *guest {
	v := &guest{of: g, conn: c}
	if a, ok := parseAddr(c.RemoteAddr().String()); ok {
		v.addr = a
	}
	for _, old := range g.add(v) {
		g.evicted.Add(1)
		if t, ok := old.conn.(*tls.Conn); ok {
			old.conn = t.NetConn() // its own Close would first say goodbye, and wait for that
		}
		_ = old.conn.Close() // it may have gone by itself just now
	}
	return v
}

// add takes a guest in and returns who must go for it.
func (g *Guests) add(v *guest) (gone []*guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	here := g.from[v.addr]
	if here == nil {
		here = list.New()
		g.from[v.addr] = here
	}
	v.everywhere, v.here = g.all.PushBack(v), here.PushBack(v)
	g.byConn[v.conn] = v
	for _, bound := range [...]struct {
		of   *list.List
		most int
	}{{here, g.mostFrom(v.addr)}, {g.all, g.total}} {
		if bound.most > 0 && bound.of.Len() > bound.most {
			old, _ := bound.of.Front().Value.(*guest)
			g.drop(old)
			gone = append(gone, old)
		}
	}
	return gone
}

// mostFrom returns the bound for an address. Behind a proxy stand many.
func (g *Guests) mostFrom(a netip.Addr) int {
	if g.proxies.Trusts(a) {
		return 0
	}
	return g.perAddress
}

func (g *Guests) leave(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v := g.byConn[c]; v != nil {
		g.drop(v)
		if !v.heard.Load() && !v.known.Load() {
			g.unheard.Add(1)
		}
	}
}

func (g *Guests) drop(v *guest) {
	delete(g.byConn, v.conn)
	g.all.Remove(v.everywhere)
	if here := g.from[v.addr]; here != nil {
		if here.Remove(v.here); here.Len() == 0 {
			delete(g.from, v.addr)
		}
	}
}
