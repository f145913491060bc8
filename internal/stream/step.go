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
	until moment // of park
}

// chunk is about how much a step gives out at once: more would hold the memory of a reader's slowness.
const chunk = 32 << 10

// step appends what the stream is due now and says what to do next. It does not block.
func (c *conn) step(now moment, b []byte) ([]byte, step) {
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

func (c *conn) decide(now moment, b []byte) ([]byte, step) {
	if c.expires > 0 && now >= c.expires && c.why == 0 {
		c.why = endingOf(belfry.CloseExpired)
	}
	if why := c.why.reason(); why != "" {
		if !c.ended {
			c.ended = true
			b = appendClose(b, c.topic.hub.cursor(c.at), why, closeRetry(why, c.topic.hub.size()))
			c.topic.hub.meters.closed(why)
		}
		return b, step{do: end}
	}
	if c.reauth > 0 && now >= c.reauth {
		c.reauth = 0
		b = appendReauth(b, c.topic.hub.time(c.expires))
		c.topic.hub.meters.frames.Add(1)
	}
	all := c.topic.hub.all.now.Load()
	source := c.due(now, all)
	if source != nothing && !c.gathering(now) {
		switch {
		case source == ring:
			b = c.compose(now, b, all)
			if c.due(now, all) == ring {
				return b, step{do: next}
			}
			if c.due(now, all) == store && now >= c.again {
				return b, step{do: read}
			}
		case now >= c.again:
			return b, step{do: read}
		}
	}
	if len(b) == 0 && now >= c.wrote.add(c.topic.hub.cfg.Heartbeat) {
		b = appendHeartbeat(b, time.Now())
		c.topic.hub.meters.frames.Add(1)
		c.topic.hub.meters.heartbeats.Add(1)
	}
	return b, step{do: park, until: c.until(now)}
}

// gathering reports whether what is due still waits for more. The first that is due starts the wait.
func (c *conn) gathering(now moment) bool {
	if c.batch == 0 {
		return false
	}
	if c.gather == 0 {
		c.gather = now.add(time.Duration(c.batch) * time.Millisecond)
	}
	if now < c.gather {
		return true
	}
	c.gather = 0
	return false
}

// until returns the next moment at which there is something to do without being woken.
func (c *conn) until(now moment) moment {
	at := c.wrote.add(c.topic.hub.cfg.Heartbeat)
	for _, other := range [...]moment{c.reauth, c.expires, c.gather, c.again} {
		if other > now {
			at = min(at, other)
		}
	}
	if c.topic.hub.cfg.Recheck > 0 {
		if recheck := c.topic.asked.add(c.topic.hub.cfg.Recheck); recheck > now {
			at = min(at, recheck)
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

func (c *conn) due(now moment, all *view) source {
	t := c.topic
	if c.unread || c.trust != t.trust || c.trustAll != all.trust {
		return store
	}
	if every := c.topic.hub.cfg.Recheck; every > 0 && now >= t.asked.add(every) {
		t.asked = now // one connection asks for all: what it finds makes a hole for the others
		c.unread = true
		return store
	}
	own := t.log.known && t.log.head > c.at.seq
	shared := all.log.known && all.log.head > c.at.broadcast
	switch {
	case !own && !shared:
		return nothing
	case !t.plain, own && c.at.seq < t.log.base, shared && c.at.broadcast < all.log.base:
		return store
	case !shared && t.log.at(c.at.seq+1).after > c.at.broadcast:
		return nothing // the hole among the broadcasts is being closed
	}
	return ring
}

// compose appends what the rings have brought after the cursor, about a chunk of it, and the counts when all is given.
// Broadcasts come first: what the person does to one is an entry of their own log, and follows it.
func (c *conn) compose(now moment, b []byte, all *view) []byte {
	t := c.topic
	frames, start := int64(0), len(b)
	for shared := all.log.known; shared && c.at.broadcast < all.log.head && len(b)-start < chunk; frames++ {
		c.at.broadcast++
		b = c.appendFrame(b, all.log.at(c.at.broadcast))
	}
	if all.log.known && c.at.broadcast < all.log.head {
		c.given(now, frames)
		return b
	}
	for ; t.log.known && c.at.seq < t.log.head && len(b)-start < chunk; frames++ {
		f := t.log.at(c.at.seq + 1)
		if f.after > c.at.broadcast {
			break
		}
		c.at.seq++
		b = c.appendFrame(b, f)
	}
	c.given(now, frames)
	if t.log.head > c.at.seq {
		return b
	}
	t.tidy()
	if t.ownAt != c.at.seq || all.sharedAt != c.at.broadcast {
		c.unread = true // the counts at this place were not told by a ring
		return b
	}
	return c.tell(b, t.own.Plus(all.shared))
}

func (c *conn) appendFrame(b []byte, f *frame) []byte {
	b = appendID(b, c.topic.hub.cursor(c.at))
	if c.named && f.kind == belfry.Created {
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
	c.topic.hub.meters.frames.Add(1)
	return appendCounts(b, counts)
}

// given notes that the stream was given events.
func (c *conn) given(now moment, events int64) {
	if events > 0 {
		c.topic.events += events
		c.topic.last = now
		c.topic.hub.meters.frames.Add(events)
	}
}
