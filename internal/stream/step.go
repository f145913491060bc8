package stream

import (
	"time"

	"github.com/belfryhq/belfry"
)

// An action is what a transport does after it has written the bytes of a step.
type action uint8

const (
	park action = iota // nothing, until the connection is woken or the step's time has come
	next               // ask for the next step: there is more to write
	read               // read the store, and learn
	end                // the stream is over
)

// A step is a transport's order.
type step struct {
	do    action
	until time.Time // of park
}

// chunk is about how much a step gives out at once: more would hold the memory of a reader's slowness.
const chunk = 32 << 10

// step appends what the stream is due now and says what to do next. It does not block.
func (c *conn) step(now time.Time, b []byte) ([]byte, step) {
	t := c.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(b)
	b, st := c.decide(now, b)
	if len(b) > before {
		c.wrote = now
		if st.do == park { // the heartbeat's time has moved
			st.until = c.until(now)
		}
	}
	return b, st
}

func (c *conn) decide(now time.Time, b []byte) ([]byte, step) {
	if !c.req.ExpiresAt.IsZero() && !now.Before(c.req.ExpiresAt) && c.why == "" {
		c.why = belfry.CloseExpired
	}
	if c.why != "" {
		if !c.ended {
			c.ended = true
			b = appendClose(b, c.at, c.why, closeRetry(c.why, c.hub.total.Load()))
			c.hub.meters.closed(c.why)
		}
		return b, step{do: end}
	}
	if !c.reauth.IsZero() && !now.Before(c.reauth) {
		c.reauth = time.Time{}
		b = appendReauth(b, c.req.ExpiresAt)
		c.hub.meters.frames.Add(1)
	}
	all := c.hub.all.now.Load()
	source := c.due(now, all)
	if source != nothing && !c.gathering(now) {
		switch {
		case source == ring:
			b = c.compose(now, b, all)
			if c.due(now, all) == ring {
				return b, step{do: next}
			}
			if c.due(now, all) == store && !now.Before(c.again) {
				return b, step{do: read}
			}
		case !now.Before(c.again):
			return b, step{do: read}
		}
	}
	if len(b) == 0 && !now.Before(c.wrote.Add(c.hub.cfg.Heartbeat)) {
		b = appendHeartbeat(b, now)
		c.hub.meters.frames.Add(1)
		c.hub.meters.heartbeats.Add(1)
	}
	return b, step{do: park, until: c.until(now)}
}

// gathering reports whether what is due still waits for more. The first that is due starts the wait.
func (c *conn) gathering(now time.Time) bool {
	if c.req.Batch <= 0 {
		return false
	}
	if c.gather.IsZero() {
		c.gather = now.Add(c.req.Batch)
	}
	if now.Before(c.gather) {
		return true
	}
	c.gather = time.Time{}
	return false
}

// until returns the next moment at which there is something to do without being woken.
func (c *conn) until(now time.Time) time.Time {
	at := c.wrote.Add(c.hub.cfg.Heartbeat)
	others := [...]time.Time{c.reauth, c.req.ExpiresAt, c.gather, c.again}
	for _, other := range others {
		if other.After(now) && other.Before(at) {
			at = other
		}
	}
	if c.hub.cfg.Recheck > 0 {
		if recheck := c.topic.heard.Add(c.hub.cfg.Recheck); recheck.After(now) && recheck.Before(at) {
			at = recheck
		}
	}
	return at
}

// A source says where what is due comes from.
type source uint8

const (
	nothing source = iota
	ring           // the frames held in memory
	store
)

func (c *conn) due(now time.Time, all *view) source {
	t := c.topic
	if c.unread || c.trust != t.trust || c.trustAll != all.trust {
		return store
	}
	if every := c.hub.cfg.Recheck; every > 0 && !now.Before(t.heard.Add(every)) {
		t.heard = now // one connection asks for all: what it finds makes a hole for the others
		c.unread = true
		return store
	}
	own := t.log.known && t.log.head > c.at.Seq
	shared := all.log.known && all.log.head > c.at.Broadcast
	switch {
	case !own && !shared:
		return nothing
	case !t.plain, own && c.at.Seq < t.log.base, shared && c.at.Broadcast < all.log.base:
		return store
	case !shared && t.log.at(c.at.Seq+1).after > c.at.Broadcast:
		return nothing // the hole among the broadcasts is being closed
	}
	return ring
}

// compose appends what the rings have brought after the cursor, about a chunk of it, and the counts when all is given.
// Broadcasts come first: what the person does to one is an entry of their own log, and follows it.
func (c *conn) compose(now time.Time, b []byte, all *view) []byte {
	t := c.topic
	frames, start := int64(0), len(b)
	for shared := all.log.known; shared && c.at.Broadcast < all.log.head && len(b)-start < chunk; frames++ {
		c.at.Broadcast++
		b = c.appendFrame(b, all.log.at(c.at.Broadcast))
	}
	if all.log.known && c.at.Broadcast < all.log.head {
		c.given(now, frames)
		return b
	}
	for ; t.log.known && c.at.Seq < t.log.head && len(b)-start < chunk; frames++ {
		f := t.log.at(c.at.Seq + 1)
		if f.after > c.at.Broadcast {
			break
		}
		c.at.Seq++
		b = c.appendFrame(b, f)
	}
	c.given(now, frames)
	if t.log.head > c.at.Seq {
		return b
	}
	t.tidy()
	if t.ownAt != c.at.Seq || all.sharedAt != c.at.Broadcast {
		c.unread = true // the counts at this place were not told by a ring
		return b
	}
	return c.tell(b, t.own.Plus(all.shared))
}

func (c *conn) appendFrame(b []byte, f *frame) []byte {
	b = appendID(b, c.at)
	if c.req.Named && f.kind == belfry.Created {
		b = append(b, nameField...)
	}
	return append(b, f.body...)
}

// tell appends the counts if they are not what the client has.
func (c *conn) tell(b []byte, counts belfry.Counts) []byte {
	if counts == c.told {
		return b
	}
	c.told = counts
	c.hub.meters.frames.Add(1)
	return appendCounts(b, counts)
}

// given notes that the stream was given events.
func (c *conn) given(now time.Time, events int64) {
	if events > 0 {
		c.topic.events += events
		c.topic.last = now
		c.hub.meters.frames.Add(events)
	}
}
