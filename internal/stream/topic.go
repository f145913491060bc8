package stream

import (
	"container/list"
	"iter"
	"net/netip"
	"sync"

	"github.com/belfryhq/belfry"
)

// A topic is one person who has a connection, or had one lately: the newest part of their log, what is known of their
// counts, and the connections.
type topic struct {
	hub  *Hub
	user string

	mu    sync.Mutex
	log   reel
	first *conn  // the oldest of its connections
	asked moment // when the store was last asked for it: rings tell of themselves, not of those that were lost

	// trust is the number of the state of affairs that a connection's knowledge must be of: when something happens that
	// rings cannot tell in full, it moves on, and each connection reads the store once more.
	trust         uint32
	sure, sureAll uint32        // the trust, and the view's, that what is known of the counts is of
	mending       bool          // waits in the mender's queue
	plain         bool          // see belfry.Tally; when false, every entry is read from the store
	sureFrom      place         // from where on frames are what the person is shown: those before may have been muted
	own           belfry.Counts // the person's own part of the counts at entry ownAt
	ownAt         int64

	events int64
	last   moment // of the last event

	rest *list.Element // its place among those that linger, guarded by the shard's lock; nil: it does not
}

func newTopic(h *Hub, user string) *topic {
	return &topic{hub: h, user: user, trust: 1, ownAt: -1, asked: h.now()}
}

// hear takes in an entry of the person's own log, and reports whether a hole stands open.
func (t *topic) hear(n int64, f *frame) (hole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	moved := t.log.put(n, f)
	if moved > 0 {
		t.placed(moved)
		t.wake()
	}
	if t.first == nil {
		t.tidy()
	}
	return t.queueMend()
}

// placed looks at the newest frames of the log.
func (t *topic) placed(moved int64) {
	first := max(t.log.base, t.log.head-moved) + 1
	for n := first; n <= t.log.head; n++ {
		f := t.log.at(n)
		if n > t.ownAt {
			t.own, t.ownAt = f.counts, n
		}
		if f.blind {
			t.trust++
		}
	}
}

// doubt makes every connection read the store, for what changes without an entry.
func (t *topic) doubt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trust++
	t.wake()
}

func (t *topic) wake() {
	for c := range t.conns() {
		c.by.wake()
	}
}

// conns are its connections, from the oldest.
func (t *topic) conns() iter.Seq[*conn] {
	return func(yield func(*conn) bool) {
		for c := t.first; c != nil && yield(c); c = c.next {
		}
	}
}

// count counts its connections.
func (t *topic) count() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range t.conns() {
		n++
	}
	return n
}

func (t *topic) add(c *conn) {
	end := &t.first
	for *end != nil {
		end = &(*end).next
	}
	*end = c
}

func (t *topic) remove(c *conn) {
	for at := &t.first; *at != nil; at = &(*at).next {
		if *at == c {
			*at, c.next = c.next, nil
			return
		}
	}
}

// queueMend reports whether the mender must be told of a hole that it does not know of.
func (t *topic) queueMend() bool {
	if t.mending || !t.log.hole() {
		return false
	}
	t.mending = true
	return true
}

// mend gives up on a hole that rings have not filled, and reports whether there was one.
func (t *topic) mend() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mending = false
	if !t.log.hole() {
		return false
	}
	t.log.skip()
	t.wake()
	return true
}

// tidy drops what all connections have been given. Where there is none, a little is kept for whoever comes back.
func (t *topic) tidy() {
	if t.first == nil {
		t.log.keep(lingerFrames, lingerBytes)
		return
	}
	low := t.log.head
	for c := range t.conns() {
		low = min(low, c.at.seq)
	}
	t.log.forget(low)
}

// hangup tells connections to end: one, or all when id is empty.
func (t *topic) hangup(id string, why belfry.CloseReason) (closed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id == "" {
		t.trust++ // they may have been erased: whoever comes back asks the store
	}
	for c := range t.conns() {
		if (id == "" || c.id.String() == id) && c.close(why) {
			closed++
		}
	}
	return closed
}

// status returns what the person may see of their streams. One that was told to end is none of them: whoever was answered
// that it is closed does not find it again, however long its last words take.
func (t *topic) status() (conns []ConnectionStatus, last moment, events int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.hub.all.now.Load()
	for c := range t.conns() {
		if c.why != 0 {
			continue
		}
		s := ConnectionStatus{
			ID: c.id.String(), OpenedAt: Moment{c.id.Time()}, Transport: c.by.name(), Cursor: t.hub.cursor(c.at).String(),
			UserAgent: c.userAgent.Value(),
			Node:      t.hub.cfg.Node,
		}
		if c.hasIP {
			s.IP = netip.AddrFrom16(c.ip).Unmap().String()
		}
		if c.joined {
			s.Lag = max(t.log.target-c.at.seq, 0) + max(all.log.target-c.at.broadcast, 0)
		}
		conns = append(conns, s)
	}
	return conns, t.last, t.events
}
