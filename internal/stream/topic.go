package stream

import (
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// A topic is one person who has at least one connection: the newest part of their log, what is known of their counts,
// and the connections.
type topic struct {
	user string

	mu    sync.Mutex
	log   reel
	conns []*conn // oldest first
	heard time.Time

	// trust is the number of the state of affairs that a connection's knowledge must be of: when something happens that
	// rings cannot tell in full, it moves on, and each connection reads the store once more.
	trust uint64
	plain bool          // see belfry.Tally; when false, every entry is read from the store
	own   belfry.Counts // the person's own part of the counts at entry ownAt
	ownAt int64

	mending bool // waits in the mender's queue
	events  int64
	last    time.Time // of the last event
}

func newTopic(user string, now time.Time) *topic {
	return &topic{user: user, trust: 1, ownAt: -1, heard: now}
}

// hear takes in an entry of the person's own log, and reports whether a hole stands open.
func (t *topic) hear(n int64, f *frame, now time.Time) (hole bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = now
	moved := t.log.put(n, f)
	if moved > 0 {
		t.placed(moved)
		t.wake()
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
	for _, c := range t.conns {
		c.wake()
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

// tidy drops what all connections have been given.
func (t *topic) tidy() {
	low := t.log.head
	for _, c := range t.conns {
		low = min(low, c.at.Seq)
	}
	t.log.forget(low)
}

// hangup tells connections to end: one, or all when id is empty.
func (t *topic) hangup(id string, why belfry.CloseReason) (closed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		if (id == "" || c.id == id) && c.close(why) {
			closed++
		}
	}
	return closed
}

// status returns what the person may see of their streams.
func (t *topic) status(all *view) (conns []ConnectionStatus, last time.Time, events int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		lag := max(t.log.target-c.at.Seq, 0) + max(all.log.target-c.at.Broadcast, 0)
		if !c.joined {
			lag = 0
		}
		conns = append(conns, ConnectionStatus{
			ID: c.id, OpenedAt: Moment{c.opened}, Transport: c.transport, Cursor: c.at.String(), Lag: lag,
			UserAgent: c.req.UserAgent, IP: c.req.IP,
		})
	}
	return conns, t.last, t.events
}
