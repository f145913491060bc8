package peers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is what a [Circle] needs.
type Config struct {
	Link    belfry.Peers // required
	Name    string       // how people call this node
	Version string
	Streams func() int64 // how many are open on this node; nil: it does not say
	Logger  *slog.Logger // nil: silent
}

// How nodes know of each other.
const (
	announceEvery = 3 * time.Second
	presentFor    = 10 * time.Second // after the last word: two announcements may be lost
	missedFor     = 2 * time.Minute  // what has vanished without a goodbye; by then its clients are elsewhere
)

// patience is how long an answer is waited for: long for a network of one place, short for a person who waits.
const patience = 250 * time.Millisecond

// A Circle is this node among the others. Make one with [New].
type Circle struct {
	Config
	reply func(what string, body []byte) []byte
	deaf  func()
	stop  context.CancelFunc
	loop  sync.WaitGroup
	once  sync.Once

	mu      sync.Mutex
	nodes   map[string]*node
	pending map[uint64]*question
	last    uint64 // id of a question
	asked   int64
	late    int64
}

// A node is another one.
type node struct {
	name    string
	version string
	streams int64
	heard   time.Time
	silent  bool // it has left a question unanswered since it was heard: nobody waits for it again before
}

func (n *node) present(now time.Time) bool { return now.Sub(n.heard) < presentFor }

// New returns a Circle that neither hears nor says anything before [Circle.Start].
func New(cfg Config) (*Circle, error) {
	if cfg.Link == nil {
		return nil, errors.New("peers: a link to the others is required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Streams == nil {
		cfg.Streams = func() int64 { return 0 }
	}
	return &Circle{Config: cfg, nodes: map[string]*node{}, pending: map[uint64]*question{}}, nil
}

// Start announces this node and answers the questions of others with reply, which must not block. It is called once.
func (c *Circle) Start(reply func(what string, body []byte) []byte) (err error) {
	c.reply = reply
	if c.deaf, err = c.Link.Hear(c.hear); err != nil {
		return fmt.Errorf("hear other nodes: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.announce("", true)
	c.loop.Go(func() { c.run(ctx) })
	return nil
}

// Close says goodbye, and ends everything. A second Close does nothing.
func (c *Circle) Close() {
	c.once.Do(func() {
		if c.stop == nil {
			return
		}
		c.stop()
		c.loop.Wait()
		c.deaf()
		c.tell("", &message{Kind: gone})
	})
}

func (c *Circle) run(ctx context.Context) {
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.announce("", false)
		c.forget(time.Now())
	}
}

func (c *Circle) announce(to string, reply bool) {
	c.tell(to, &message{Kind: here, Name: c.Name, Version: c.Version, Streams: c.Streams(), Reply: reply})
}

// tell reports whether a message was sent. Why not is no news: the bus says itself when it is away.
func (c *Circle) tell(to string, m *message) bool {
	b, err := m.encode()
	if err == nil {
		err = c.Link.Tell(to, b)
	}
	if err != nil {
		c.Logger.Debug("other nodes were not told", "kind", string(m.Kind), "error", err)
	}
	return err == nil
}

// forget drops what has vanished long ago.
func (c *Circle) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, n := range c.nodes {
		if now.Sub(n.heard) > missedFor {
			c.Logger.Warn("a node has not been heard for two minutes, and is not missed any more", "node", n.name)
			delete(c.nodes, id)
		}
	}
}

func (c *Circle) hear(from string, b []byte) {
	m, err := decode(b)
	if err != nil {
		c.Logger.Warn("a message of another node is not readable; another version?", "error", err)
		return
	}
	switch m.Kind {
	case here:
		c.greet(from, &m)
	case gone:
		c.part(from)
	case ask:
		for _, part := range cut(m.ID, c.reply(m.What, m.Body)) {
			c.tell(from, &part)
		}
	case answer:
		c.take(from, &m)
	}
}

// greet notes that a node is there.
func (c *Circle) greet(from string, m *message) {
	c.mu.Lock()
	n := c.nodes[from]
	if n == nil {
		n = &node{}
		c.nodes[from] = n
		c.Logger.Info("another node is here", "node", m.Name, "version", m.Version)
	}
	n.name, n.version, n.streams, n.heard, n.silent = m.Name, m.Version, m.Streams, time.Now(), false
	c.mu.Unlock()
	if m.Reply {
		c.announce(from, false)
	}
}

// part takes a goodbye. Whoever waits for the node's answer waits for it no longer.
func (c *Circle) part(from string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.nodes[from]; n != nil {
		c.Logger.Info("another node has gone", "node", n.name)
	}
	delete(c.nodes, from)
	for _, q := range c.pending {
		q.excuse(from)
	}
}
