package stream

import (
	"container/list"
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

// A Hub holds the streams of one node.
//
// Locks are taken in this order: a shard's, a topic's, the broadcasts' or the mender's.
type Hub struct {
	cfg    Config
	began  time.Time // what moments are counted from
	base   time.Time // that moment by the clock of Config.Now
	seed   maphash.Seed
	shards [shards]shard
	all    *broadcasts
	mender *mender
	lot    *lot // where streams are parked
	meters meters
	hungUp hangups

	patience patience
	total    atomic.Int64 // connections, those about to join included
	crowd    atomic.Int64 // how many there were when the hub began to close
	kept     atomic.Int64 // topics, those that linger included

	admitting oneByOne      // people about whom other nodes are asked
	reads     chan struct{} // a turn at the store
	cry, fill chan struct{} // to spreadBroadcasts
	buffers   sync.Pool     // of *[]byte

	draining atomic.Bool
	down     sync.Once
	stop     func() // ends the bus's calls and the hub's own goroutines, and waits for them
	mu       sync.Mutex
	empty    sync.Cond // total may have become 0; its lock is mu
}

// shards are so many that locks are seldom waited for.
const shards = 64

// A shard is a part of the topics with its own lock.
type shard struct {
	mu        sync.RWMutex
	topics    map[string]*topic
	lingering list.List // of lingerer: the topics without a connection, from the one that has been so for longest
}

// New returns a Hub that listens on the bus until [Hub.Close].
func New(cfg Config) (*Hub, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	h := &Hub{
		cfg: cfg, began: time.Now().Add(-1), base: cfg.Now().Add(-1), seed: maphash.MakeSeed(), all: newBroadcasts(), mender: newMender(), patience: defaultPatience(),
		reads: make(chan struct{}, readsAtOnce), cry: make(chan struct{}, 1), fill: make(chan struct{}, 1),
	}
	h.empty.L = &h.mu
	h.buffers.New = func() any { return new([]byte) }
	for i := range h.shards {
		h.shards[i].topics = make(map[string]*topic)
	}
	if h.cfg.First == nil {
		h.cfg.First = func(belfry.Ring) {}
	}
	deaf, err := cfg.Bus.Listen(func(r belfry.Ring) {
		h.cfg.First(r)
		h.hear(r)
	})
	if err != nil {
		return nil, fmt.Errorf("listen on the bus: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	h.lot = newLot(ctx, h, &running)
	running.Go(func() { h.mendHoles(ctx) })
	running.Go(func() { h.spreadBroadcasts(ctx) })
	running.Go(func() { h.sweepTopics(ctx) })
	h.stop = func() {
		deaf()
		h.lot.close()
		cancel()
		running.Wait()
	}
	return h, nil
}

func (h *Hub) shard(user string) *shard {
	return &h.shards[maphash.String(h.seed, user)%uint64(len(h.shards))]
}

func (h *Hub) topic(user string) *topic {
	s := h.shard(user)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.topics[user]
}

// each calls fn for every topic.
func (h *Hub) each(fn func(*topic)) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.RLock()
		for _, t := range s.topics {
			fn(t)
		}
		s.mu.RUnlock()
	}
}

// reserve counts a connection in. To count first and look afterwards would refuse one for the sake of another that is
// refused itself.
func (h *Hub) reserve() bool {
	for {
		n := h.total.Load()
		if h.cfg.MaxConnections > 0 && n >= int64(h.cfg.MaxConnections) {
			return false
		}
		if h.total.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// register adds a connection to its topic, says why it may not be added, or that the other nodes are to be asked first.
func (h *Hub) register(c *conn, q *Request, by transport, a admission) (why belfry.CloseReason, unasked bool) {
	s := h.shard(q.User)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.draining.Load() {
		return belfry.CloseDrain, false
	}
	t := s.topics[q.User]
	here := 0
	if t != nil {
		here = t.count()
	}
	switch refused, unasked := a.refuses(here, h.cfg.MaxPerUser); {
	case refused:
		return belfry.CloseLimit, false
	case unasked:
		return "", true
	}
	if t == nil {
		t = newTopic(h, strings.Clone(q.User))
		s.topics[t.user] = t
		h.kept.Add(1)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.rouse(t)
	c.begin(t, q, by)
	c.at.seq = t.log.head // what comes while it joins is kept for it
	t.add(c)
	h.meters.opened.Add(1)
	return "", false
}

// leave is the opposite of join.
func (h *Hub) leave(c *conn) {
	h.unregister(c)
	if c.watched && h.cfg.Ended != nil {
		h.cfg.Ended(c.topic.user, c.id)
	}
	h.release()
}

func (h *Hub) unregister(c *conn) {
	t, s := c.topic, h.shard(c.topic.user)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	c.gone = true
	if c.cancel != nil {
		c.cancel()
	}
	t.remove(c)
	t.tidy()
	if t.first == nil {
		s.rest(t, h.now())
	}
}

func (h *Hub) release() {
	if h.total.Add(-1) == 0 {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.empty.Broadcast()
	}
}
