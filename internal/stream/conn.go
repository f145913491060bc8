package stream

import (
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
)

// A conn is one stream: a cursor, and what its schedule needs. It holds no payload.
//
// Its transport asks for the next step and writes what it is given; both it and those who ring take the topic's lock, so
// every field but the constants is guarded by it.
type conn struct {
	hub       *Hub
	topic     *topic
	id        string
	opened    time.Time
	transport string
	req       Request
	wake      func() // makes the transport ask again; must not block, and may be called while locks are held

	from   belfry.Cursor // where the client asks to continue; zero: live from now on
	lost   bool          // what it asked for is no cursor
	joined bool          // the first snapshot is read and told
	at     belfry.Cursor // everything up to it has been given
	told   belfry.Counts // the counts that the client has

	// What its knowledge is of. When it differs from the topic's and the view's, or when unread says so, the store is read
	// before anything else.
	trust, trustAll uint64
	unread          bool // the store holds more than was read
	replayed        int  // entries read one page after another

	why     belfry.CloseReason // when set, the stream must end
	cancel  func()             // ends the read that is under way; nil when none is
	ended   bool
	wrote   time.Time // the last time it was given bytes
	reauth  time.Time // when to warn that the credential runs out; zero: never, or done
	gather  time.Time // when what is due goes out; zero: nothing is waiting
	again   time.Time // not before: the store has failed, or has not got what a ring announced
	backoff time.Duration
}

// How the credential's end is announced: a fifth of what remains before it, at most a minute.
const (
	reauthLead  = time.Minute
	reauthShare = 5
)

func newConn(h *Hub, t *topic, q Request, transport string, now time.Time, wake func()) *conn {
	c := &conn{
		hub: h, topic: t, req: q, transport: transport, opened: now, wrote: now, wake: wake,
		id: belfry.NewID(now, uint16(rand.Uint32()), rand.Uint64()).String(),
		at: belfry.Cursor{Epoch: h.cfg.Epoch},
	}
	if q.LastEventID != "" {
		var err error
		c.from, err = belfry.ParseCursor(q.LastEventID)
		c.lost = err != nil
	}
	if left := q.ExpiresAt.Sub(now); !q.ExpiresAt.IsZero() && left > 0 {
		c.reauth = q.ExpiresAt.Add(-min(reauthLead, left/reauthShare))
	}
	return c
}

// close makes the stream end at its next step.
func (c *conn) close(why belfry.CloseReason) bool {
	if c.why != "" {
		return false
	}
	c.why = why
	if c.cancel != nil {
		c.cancel()
	}
	c.wake()
	return true
}
