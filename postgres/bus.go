package postgres

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/wirebus"
)

// A Bus is a [belfry.Bus] on PostgreSQL's NOTIFY, for a few nodes that have no NATS. Make one with [OpenBus].
//
// The listeners of the ringing node itself are called before Ring returns. Other nodes hear by two connections of each
// node beside those of the store. A payload has at most 8,000 bytes: a ring that does not fit says no more than that the
// store must be asked. While the database is away nothing is rung; when it is back, every listener is told to ask the store.
type Bus struct {
	cfg       *pgx.ConnConfig
	channel   string
	nodes     string // the channel of what is no ring
	node      string // begins what is ours, which comes back to us
	logger    *slog.Logger
	listeners wirebus.Listeners[belfry.Ring]
	peers     wirebus.Listeners[wirebus.Told]

	out       chan notice
	missed    atomic.Bool // some were dropped
	listening atomic.Bool
	running   sync.WaitGroup
	stop      context.CancelFunc
}

var (
	_ belfry.Bus   = (*Bus)(nil)
	_ belfry.Peers = (*Bus)(nil)
)

// A notice is what is to be notified.
type notice struct{ channel, payload string }

const (
	maxPayload = 7990 // the server takes fewer than 8,000 bytes
	maxWaiting = 4096 // payloads that wait to be sent
	maxAtOnce  = 256  // payloads of one statement
)

// OpenBus connects to the database at an address. The logger may be nil.
func OpenBus(ctx context.Context, url, epoch string, logger *slog.Logger) (*Bus, error) {
	cfg, err := configure(url, 1)
	if err != nil {
		return nil, err
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	b := &Bus{
		cfg: cfg.ConnConfig, channel: "belfry_" + epoch, nodes: "belfry_nodes_" + epoch, node: rand.Text()[:8], logger: logger,
		out: make(chan notice, maxWaiting),
	}
	b.cfg.RuntimeParams["application_name"] = "belfry bus"
	ear, err := b.listen(ctx)
	if err != nil {
		return nil, explain(err)
	}
	var life context.Context
	life, b.stop = context.WithCancel(context.Background())
	b.running.Go(func() { b.hear(life, ear) })
	b.running.Go(func() { b.send(life) })
	return b, nil
}

// listen makes a connection that hears.
func (b *Bus) listen(ctx context.Context) (*pgx.Conn, error) {
	c, err := hearOn(ctx, b.cfg, b.channel, b.nodes)
	if err != nil {
		return nil, err
	}
	b.listening.Store(true)
	return c, nil
}

// hear calls the listeners until ctx ends, and makes the connection again when it breaks.
func (b *Bus) hear(ctx context.Context, c *pgx.Conn) {
	for try := 1; ; try++ {
		if c != nil {
			err := follow(ctx, c, b.take)
			b.listening.Store(false)
			_ = c.Close(context.WithoutCancel(ctx)) // it is broken, or not needed any more
			if ctx.Err() != nil {
				return
			}
			b.logger.Warn("the bus lost the database; other nodes are heard late until it is back", "error", err)
			try = 1
		}
		if pause(ctx, try) != nil {
			return
		}
		var err error
		if c, err = b.listen(ctx); err != nil {
			b.logger.Debug("the bus finds no database", "error", err)
			c = nil
			continue
		}
		b.logger.Info("the bus hears again")
		_ = b.listeners.Call([]belfry.Ring{wirebus.Doubt("")}) // closed: nobody is left to tell
	}
}

func (b *Bus) take(n *pgconn.Notification) {
	node, code, _ := strings.Cut(n.Payload, " ")
	if node == b.node {
		return
	}
	if n.Channel == b.nodes {
		b.told(node, code)
		return
	}
	message, err := base64.StdEncoding.DecodeString(code)
	if err != nil {
		b.logger.Warn("a message on the bus is not readable", "error", err)
		return
	}
	rings, err := wirebus.Unpack(message)
	if err != nil {
		b.logger.Warn("a message on the bus is not readable; another version?", "error", err)
	}
	_ = b.listeners.Call(rings) // closed: nobody is left to tell
}

// Ring implements [belfry.Bus]. It waits for no database: the rings are sent soon after, those that wait at the same time
// together.
func (b *Bus) Ring(_ context.Context, rings ...belfry.Ring) error {
	if err := b.listeners.Call(rings); err != nil {
		return err
	}
	size := base64.StdEncoding.DecodedLen(maxPayload - len(b.node) - 1)
	for _, message := range wirebus.Pack(rings, size) {
		select {
		case b.out <- notice{b.channel, b.node + " " + base64.StdEncoding.EncodeToString(message)}:
		default:
			if b.missed.CompareAndSwap(false, true) {
				return errors.New("ring other nodes: too many rings wait for the database; others hear late")
			}
			return nil
		}
	}
	return nil
}

// send notifies until ctx ends and nothing is left.
func (b *Bus) send(ctx context.Context) {
	var c *pgx.Conn
	defer func() {
		if c != nil {
			_ = c.Close(context.WithoutCancel(ctx)) // what was sent was answered
		}
	}()
	for {
		batch := b.gather(ctx)
		if len(batch) == 0 {
			return
		}
		if b.missed.CompareAndSwap(true, false) {
			doubt := wirebus.Pack([]belfry.Ring{wirebus.Doubt("")}, maxPayload)
			batch = append(batch, notice{b.channel, b.node + " " + base64.StdEncoding.EncodeToString(doubt[0])})
		}
		for try := 1; ; try++ {
			var err error
			if c, err = b.notify(ctx, c, batch); err == nil || ctx.Err() != nil {
				break
			}
			if try == 1 {
				b.logger.Warn("the bus cannot ring; other nodes hear late", "error", err)
			}
			_ = pause(ctx, try) // the end of ctx is seen by the next try
		}
	}
}

// gather waits for one payload, and takes what else is waiting by then; none: it is time to end.
func (b *Bus) gather(ctx context.Context) (batch []notice) {
	select {
	case p := <-b.out:
		batch = append(batch, p)
	case <-ctx.Done():
	}
	for len(batch) < maxAtOnce {
		select {
		case p := <-b.out:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

// notifyWithin bounds one statement, also that at the end.
const notifyWithin = 5 * time.Second

func (b *Bus) notify(ctx context.Context, c *pgx.Conn, batch []notice) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyWithin)
	defer cancel()
	var err error
	if c == nil || c.IsClosed() {
		if c, err = pgx.ConnectConfig(ctx, b.cfg.Copy()); err != nil {
			return nil, err
		}
	}
	var channels, payloads []string
	for _, n := range batch {
		channels, payloads = append(channels, n.channel), append(payloads, n.payload)
	}
	if _, err = c.Exec(ctx, `SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) AS n(c, p)`, channels, payloads); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// Listen implements [belfry.Bus].
func (b *Bus) Listen(fn func(belfry.Ring)) (stop func(), err error) { return b.listeners.Add(fn) }

// Ping implements [belfry.Bus].
func (b *Bus) Ping(context.Context) error {
	switch {
	case b.listeners.Closed():
		return wirebus.ErrClosed
	case !b.listening.Load():
		return errors.New("the bus has no connection to the database: other nodes are heard late")
	}
	return nil
}

// Close implements [belfry.Bus]. What was rung before is sent.
func (b *Bus) Close() error {
	b.listeners.Close()
	b.peers.Close()
	b.stop()
	b.running.Wait()
	return nil
}
