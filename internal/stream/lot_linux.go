package stream

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
)

// A lot is where streams are parked: loops, each with its share of them. They are started by the first stream that can
// be parked.
type lot struct {
	date    dateline
	hub     *Hub
	ctx     context.Context //nolint:containedctx // of the loops, which outlive the request that starts them
	running *sync.WaitGroup

	loops atomic.Pointer[[]*loop]
	turn  atomic.Uint32
	mu    sync.Mutex // of opening and closing
	shut  bool
}

// newLot returns a lot whose loops end with ctx and are counted in running.
func newLot(ctx context.Context, h *Hub, running *sync.WaitGroup) *lot {
	return &lot{hub: h, ctx: ctx, running: running, shut: h.cfg.Portable}
}

// close lets no more loops begin.
func (k *lot) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shut = true
}

// loop returns the loop for a request's stream, or nil when it cannot be parked: a connection under TLS or HTTP/2 is more
// than a socket.
func (k *lot) loop(w http.ResponseWriter, r *http.Request) *loop {
	if r.ProtoMajor != 1 || r.TLS != nil || !canHijack(w) {
		return nil
	}
	loops := k.loops.Load()
	if loops == nil {
		if loops = k.open(); loops == nil {
			return nil
		}
	}
	return (*loops)[k.turn.Add(1)%uint32(len(*loops))]
}

// open starts the loops, or returns nil where there are none.
func (k *lot) open() *[]*loop {
	k.mu.Lock()
	defer k.mu.Unlock()
	if loops := k.loops.Load(); loops != nil || k.shut {
		return loops // those that are there refuse by themselves what comes after the end
	}
	var loops []*loop
	desk := newDesk(k.hub, k.running)
	for range runtime.GOMAXPROCS(0) {
		l, err := newLoop(k.hub, desk)
		if err != nil {
			k.hub.cfg.Logger.ErrorContext(k.ctx, "a stream cannot be parked and stays with net/http; the next one tries again", "error", err)
			for _, l := range loops {
				_ = l.poll.close() // nobody uses it yet
			}
			return nil
		}
		loops = append(loops, l)
	}
	for _, l := range loops {
		k.running.Go(func() { l.run(k.ctx) })
		k.running.Go(l.listen)
	}
	k.loops.Store(&loops)
	return &loops
}

func (k *lot) wakeAll() {
	if loops := k.loops.Load(); loops != nil {
		for _, l := range *loops {
			l.wakeAll()
		}
	}
}

// canHijack looks for what http.ResponseController.Hijack would use.
func canHijack(w http.ResponseWriter) bool {
	for {
		switch t := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}
