package stream

import (
	"math/rand/v2"
	"net/netip"
	"time"
	"unique"

	"github.com/belfryhq/belfry"
)

// A conn is one stream: a cursor, and what its schedule needs. It holds no payload, and little else: there are many.
//
// Its transport asks for the next step and writes what it is given; both it and those who ring take the topic's lock, so
// every field but the constants is guarded by it.
type conn struct {
	topic *topic
	next  *conn // of the topic's, from the oldest
	by    transport

	id        belfry.ID // its time is when the stream was opened
	ip        [16]byte
	userAgent unique.Handle[string]
	expires   moment // when the credential runs out; 0: never

	from *resumption // until it has joined; nil: live from now on
	at   place       // everything up to it has been given
	told belfry.Counts

	// What its knowledge is of. When it differs from the topic's and the view's, or when unread says so, the store is read
	// before anything else.
	trust, trustAll uint32

	cancel func() // ends the read that is under way; nil when none is
	wrote  moment // the last time it was given bytes
	reauth moment // when to warn that the credential runs out; 0: never, or done
	gather moment // when what is due goes out; 0: nothing is waiting
	again  moment // not before: the store has failed, or has not got what a ring announced

	replayed int32  // entries read one page after another
	batch    uint16 // milliseconds
	backoff  uint16 // milliseconds
	why      ending // when set, the stream must end
	hasIP    bool
	named    bool // new notifications come with their name
	watched  bool // Config.Ended is told of its end
	joined   bool // the first snapshot is read and told
	unread   bool // the store holds more than was read
	ended    bool
	gone     bool // it has left: what a read still brings is nobody's
}

// A transport writes a stream.
type transport interface {
	name() string

	// wake makes it ask its connection for the next step. It must not block, and is called while locks are held.
	wake()
}

// A place is a cursor of the hub's epoch.
type place struct{ seq, broadcast int64 }

func placeOf(c belfry.Cursor) place { return place{c.Seq, c.Broadcast} }

// cursor is where a place is, in the words of the wire.
func (h *Hub) cursor(p place) belfry.Cursor {
	return belfry.Cursor{Epoch: h.cfg.Epoch, Seq: p.seq, Broadcast: p.broadcast}
}

// A resumption is what a client asks to continue.
type resumption struct {
	cursor belfry.Cursor
	lost   bool // what it named is no cursor
}

// How the credential's end is announced: a fifth of what remains before it, at most a minute.
const (
	reauthLead  = time.Minute
	reauthShare = 5
)

// maxBatch is the longest that a stream gathers: later news is no longer live.
const maxBatch = time.Minute

// maxUserAgent is how much of a User-Agent is kept for the status: browsers stay below 200 bytes.
const maxUserAgent = 256

// begin fills in a connection that joins.
func (c *conn) begin(t *topic, q *Request, by transport) {
	now := t.hub.now()
	*c = conn{
		topic: t, by: by, id: q.ID, userAgent: unique.Make(q.UserAgent[:min(len(q.UserAgent), maxUserAgent)]),
		batch: uint16(min(q.Batch, maxBatch).Milliseconds()), wrote: now, named: q.Named, watched: q.Watched,
	}
	if ip, err := netip.ParseAddr(q.IP); err == nil { // what is none is not shown
		c.ip, c.hasIP = ip.As16(), true
	}
	if q.LastEventID != "" {
		at, err := belfry.ParseCursor(q.LastEventID)
		c.from = &resumption{at, err != nil}
	}
	if !q.ExpiresAt.IsZero() {
		// By what is left, not by the time: the monotonic clock stands still while a machine sleeps.
		left := max(q.ExpiresAt.Sub(t.hub.cfg.Now()), 1)
		c.expires = now.add(left)
		c.reauth = c.expires.add(-min(reauthLead, left/reauthShare))
	}
}

// dismissed reports whether the connection was told to end, or has ended.
func (c *conn) dismissed() bool {
	c.topic.mu.Lock()
	defer c.topic.mu.Unlock()
	return c.why != 0 || c.gone
}

// NewConnectionID returns an id for a stream that is to come.
func NewConnectionID() belfry.ID {
	return belfry.NewID(time.Now(), uint16(rand.Uint32()), rand.Uint64())
}

// close makes the stream end at its next step.
func (c *conn) close(why belfry.CloseReason) bool {
	if c.why != 0 {
		return false
	}
	c.why = endingOf(why)
	if c.cancel != nil {
		c.cancel()
	}
	c.by.wake()
	return true
}
