package stream

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// A topic lingers after its last connection has left, and goes on hearing rings: whoever comes back, after a network's
// hiccup or a restarted proxy, finds it as if they had stayed, and costs the store nothing.
const (
	// linger is how long: the windows told to 100,000 clients end within it (see retryAfter), and phones take their time.
	linger = 2 * time.Minute

	// lingerers is how many may at most; then the oldest make room. Each holds some 300 bytes and the frames below.
	lingerers = 32 << 10

	lingerFrames = 8 // of what comes while nobody is connected
	lingerBytes  = 4 << 10

	sweepEvery = linger / 4
)

// A lingerer is a topic that nobody is connected to.
type lingerer struct {
	topic *topic
	since moment
}

// rest has a topic without connections linger, if it knows anything that is worth it.
func (s *shard) rest(t *topic, now moment) {
	t.hub.meters.topics.Add(-1)
	if !t.log.known || t.hub.draining.Load() {
		s.drop(t)
		return
	}
	t.rest = s.lingering.PushBack(lingerer{t, now})
	t.hub.meters.lingering.Add(1)
	if s.lingering.Len() > lingerers/shards {
		s.sweep(now)
	}
}

// rouse is told that somebody connects to a topic.
func (s *shard) rouse(t *topic) {
	if t.first != nil {
		return
	}
	t.hub.meters.topics.Add(1)
	t.events, t.last = 0, 0
	if t.rest != nil {
		s.lingering.Remove(t.rest)
		t.rest = nil
		t.hub.meters.lingering.Add(-1)
	}
}

// sweep drops the topics that have lingered long enough, and the oldest of too many.
func (s *shard) sweep(now moment) {
	for e := s.lingering.Front(); e != nil; e = s.lingering.Front() {
		l, ok := e.Value.(lingerer)
		if ok && now.since(l.since) < linger && s.lingering.Len() <= lingerers/shards {
			return
		}
		s.lingering.Remove(e)
		l.topic.hub.meters.lingering.Add(-1)
		s.drop(l.topic)
	}
}

func (s *shard) drop(t *topic) {
	delete(s.topics, t.user)
	t.hub.kept.Add(-1)
}

// sweepTopics runs until ctx is done.
func (h *Hub) sweepTopics(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for i := range h.shards {
			s := &h.shards[i]
			s.mu.Lock()
			s.sweep(h.now())
			s.mu.Unlock()
		}
	}
}

// recall answers what a connection that joins would ask the store, when memory is certain: both logs are known to their
// ends, and so are the counts there, from rings or a read that nothing has cast doubt upon since; and what lies after the
// connection's cursor is held. The answer is what a stream knows that had stayed at that cursor: its head is the
// cursor, so that what follows comes from the frames, as to everyone else. A client's cursor may be older than what its
// stream had passed over, because that was hidden from the person, so the frames must be of the time since.
func (c *conn) recall(now moment, after belfry.Cursor) (ch belfry.Changes, ok bool) {
	t := c.topic
	h, all := t.hub, t.hub.all.now.Load()
	switch {
	case c.joined, c.from != nil && c.from.lost:
		return ch, false
	case !t.plain, t.sure != t.trust, t.sureAll != all.trust:
		return ch, false
	case !t.log.known, t.log.hole(), t.ownAt != t.log.head, !all.log.known, all.log.hole(), all.sharedAt != all.log.head:
		return ch, false
	case h.cfg.Recheck > 0 && now >= min(t.asked, moment(h.all.heard.Load())).add(h.cfg.Recheck):
		return ch, false
	}
	at := place{t.log.head, all.log.head}
	if !after.IsZero() {
		at = placeOf(after)
		if at.seq < t.sureFrom.seq || at.broadcast < t.sureFrom.broadcast || after.Epoch != h.cfg.Epoch || !t.log.holds(at.seq) || !all.log.holds(at.broadcast) {
			return ch, false
		}
	}
	c.at = at // what lies after it is kept from now on
	ch.Head = h.cursor(at)
	ch.Tally = belfry.Tally{Own: t.own, Shared: all.shared, Counts: t.own.Plus(all.shared), Plain: true}
	return ch, true
}
