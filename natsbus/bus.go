package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/wirebus"
)

// Config says where the bus is.
type Config struct {
	URL    string       // one address or several with commas: nats://user:password@host:4222, tls://…
	Epoch  string       // the store's, see [belfry.Store]
	Logger *slog.Logger // nil: silent
}

// A Bus implements [belfry.Bus] on NATS. Make one with [Open].
type Bus struct {
	conn      *nats.Conn
	subject   string
	logger    *slog.Logger
	listeners wirebus.Listeners[belfry.Ring]
	peers     peers
	missed    atomic.Bool           // rings of ours were dropped since the connection was last whole
	denied    atomic.Pointer[error] // what the server does not permit on this connection; nil: nothing
}

var (
	_ belfry.Bus   = (*Bus)(nil)
	_ belfry.Peers = (*Bus)(nil)
)

// How the connection is kept.
const (
	maxMessage     = 256 << 10 // a server takes 1 MiB by default
	reconnectWait  = 250 * time.Millisecond
	pingInterval   = 10 * time.Second // two of them unanswered: the connection is dead
	waiting        = 4 << 20          // bytes of rings that wait for a connection
	connectTimeout = 3 * time.Second
	flushTimeout   = time.Second
)

// Open connects. A server that does not answer is no error, for a node must be able to start without it: it is looked for
// until it is there. What only a person can mend is one: the address, the credentials, what they permit, the certificate.
func Open(c Config) (*Bus, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Bus{subject: "belfry." + c.Epoch + ".rings", peers: newPeers(c.Epoch), logger: c.Logger}
	options := b.options()
	var err error
	if b.conn, err = nats.Connect(c.URL, options...); err != nil {
		if !isAway(err) {
			return nil, explain(err)
		}
		c.Logger.Warn("NATS does not answer; other nodes hear of changes late until it does", "error", err)
		if b.conn, err = nats.Connect(c.URL, append(options, nats.RetryOnFailedConnect(true), nats.ConnectHandler(b.back))...); err != nil {
			return nil, explain(err)
		}
	}
	if err := b.subscribe(); err != nil {
		b.conn.Close()
		return nil, err
	}
	// So that what others ring from now on arrives. Without a connection, it is made up for when there is one.
	b.probe()
	if err := b.conn.FlushTimeout(flushTimeout); err != nil && b.conn.IsConnected() {
		b.logger.Warn("NATS is slow to answer", "error", err)
	}
	if err := b.conn.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		b.conn.Close()
		return nil, explain(err)
	}
	return b, nil
}

// probe publishes a message in which there is nothing. The server says that it is not permitted, if so, before it answers what comes after it;
// a ring that nobody takes it would let go of in silence.
func (b *Bus) probe() {
	_ = b.conn.Publish(b.subject, wirebus.Nothing()) // a lost probe is one without a connection, and there is another with the next
}

func (b *Bus) subscribe() error {
	for subject, hear := range map[string]nats.MsgHandler{b.subject: b.hear, b.peers.all: b.told, b.peers.of(b.peers.node): b.told} {
		if _, err := b.conn.Subscribe(subject, hear); err != nil {
			return fmt.Errorf("subscribe to %s: %w", subject, err)
		}
	}
	return nil
}

func (b *Bus) options() []nats.Option {
	return []nats.Option{
		nats.Name("belfry"), nats.NoEcho(), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(2), nats.ReconnectBufSize(waiting), nats.Timeout(connectTimeout),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.denied.Store(nil) // the next connection may permit it
			if !b.listeners.Closed() {
				b.logger.Warn("NATS is away; other nodes hear of changes late until it is back", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			b.logger.Info("NATS is back")
			b.back(c)
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.logger.Warn("NATS", "error", err)
			switch {
			case errors.Is(err, nats.ErrSlowConsumer): // messages to us were dropped
				b.doubt()
			case errors.Is(err, nats.ErrPermissionViolation):
				b.denied.Store(new(explain(err)))
			}
		}),
	}
}

// isAway reports whether the server may answer later by itself.
func isAway(err error) bool {
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout)
}

// explain adds the mend, and leaves out what may hold a password: an address that could not be read.
func explain(err error) error {
	var unreadable *url.Error
	if errors.As(err, &unreadable) {
		return errors.New("it is not the address of a NATS server; give one like nats://user:password@host:4222, or several with commas")
	}
	if errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) {
		return fmt.Errorf("the NATS server refuses the credentials (%w): give the right ones in the address, like nats://user:password@host:4222", err)
	}
	if errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf(`the NATS server does not let this user ring (%w): allow them to publish and to subscribe to "belfry.>"`, err)
	}
	return fmt.Errorf("connect to NATS: %w", err)
}

// back is called when the connection is whole again: what was rung meanwhile was not heard here, and what was dropped
// here was not heard elsewhere.
func (b *Bus) back(c *nats.Conn) {
	// The server has taken the subscription when it answers: what is rung after the store was asked is heard. Where it does
	// not answer, the connection is made once more.
	if err := c.FlushTimeout(flushTimeout); err != nil {
		b.logger.Debug("NATS is slow to answer", "error", err)
	}
	b.doubt()
	b.probe()
	if b.missed.CompareAndSwap(true, false) {
		if err := b.publish([]belfry.Ring{wirebus.Doubt("")}); err != nil {
			b.missed.Store(true)
		}
	}
}

func (b *Bus) doubt() {
	_ = b.listeners.Call([]belfry.Ring{wirebus.Doubt("")}) // closed: nobody is left to tell
}

func (b *Bus) hear(m *nats.Msg) {
	rings, err := wirebus.Unpack(m.Data)
	if err != nil {
		b.logger.Warn("a message on the bus is not readable; another version?", "error", err)
	}
	_ = b.listeners.Call(rings) // closed: nobody is left to tell
}

// Ring implements [belfry.Bus]. It does not look at ctx: what was committed is told even when the one who sent it has gone
// away meanwhile. While NATS is away, the first ring that is lost is an error, and the others are not.
func (b *Bus) Ring(_ context.Context, rings ...belfry.Ring) error {
	if err := b.listeners.Call(rings); err != nil {
		return err
	}
	if err := b.publish(rings); err != nil && b.missed.CompareAndSwap(false, true) {
		return fmt.Errorf("ring other nodes: %w", err)
	}
	return nil
}

func (b *Bus) publish(rings []belfry.Ring) error {
	for _, message := range wirebus.Pack(rings, min(maxMessage, b.limit())) {
		if err := b.conn.Publish(b.subject, message); err != nil {
			return err
		}
	}
	return nil
}

// limit is what the server takes; it is not known before the first connection.
func (b *Bus) limit() int {
	if n := b.conn.MaxPayload(); n > 0 {
		return int(n)
	}
	return maxMessage
}

// Listen implements [belfry.Bus].
func (b *Bus) Listen(fn func(belfry.Ring)) (stop func(), err error) { return b.listeners.Add(fn) }

// Ping implements [belfry.Bus].
func (b *Bus) Ping(context.Context) error {
	switch {
	case b.listeners.Closed():
		return wirebus.ErrClosed
	case !b.conn.IsConnected():
		return errors.New("there is no connection to NATS: other nodes hear of changes late")
	}
	if denied := b.denied.Load(); denied != nil {
		return *denied
	}
	return nil
}

// Close implements [belfry.Bus].
func (b *Bus) Close() error {
	if !b.listeners.Close() {
		return nil
	}
	b.peers.listeners.Close()
	if b.conn.IsConnected() {
		_ = b.conn.FlushTimeout(flushTimeout) // a lost ring costs latency only
	}
	done := make(chan struct{})
	b.conn.SetClosedHandler(func(*nats.Conn) { close(done) })
	b.conn.Close()
	<-done
	return nil
}
