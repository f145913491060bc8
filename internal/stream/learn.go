package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
)

const (
	pageSize    = 256              // entries read at once
	firstPage   = 16               // likewise of one who resumes: a person's rows lie far apart, and the first waits for no other
	pageBytes   = 256 << 10        // of a page that are given at once: what a socket does not take is held until it does
	backlogMax  = 5000             // entries that a stream replays; the list is the better way to read more
	readTimeout = 10 * time.Second // for one page; a heartbeat is due soon after
	readsAtOnce = 64               // of all connections: a broadcast taken back sends everyone to the store
	backoffMin  = 100 * time.Millisecond
	backoffMax  = 5 * time.Second
)

// A need is what a connection asks the store for, and what it knew when it asked.
type need struct {
	after           belfry.Cursor // zero: only where the log ends
	trust, trustAll uint32
	resumes         bool // the first read of one that was here before
	recalled        bool // memory has answered, and not the store
}

// ask notes that a read begins; cancel ends it early. Where memory has the answer it is given at once.
func (c *conn) ask(now moment, cancel func()) (n need, known belfry.Changes, ended bool) {
	c.topic.mu.Lock()
	defer c.topic.mu.Unlock()
	c.cancel = cancel
	n = need{after: c.topic.hub.cursor(c.at), trust: c.topic.trust, trustAll: c.topic.hub.all.now.Load().trust}
	if !c.joined {
		n.after = belfry.Cursor{}
		if c.from != nil {
			n.after, n.resumes = c.from.cursor, !c.from.cursor.IsZero()
		}
	}
	if ended = c.why != 0 || c.gone; !ended {
		known, n.recalled = c.recall(now, n.after)
	}
	return n, known, ended
}

// fetch reads a page for a connection, unless memory has it. It is the one call of a transport that blocks, besides writing.
func (h *Hub) fetch(ctx context.Context, c *conn) (need, belfry.Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	n, known, ended := c.ask(h.now(), cancel)
	if n.recalled {
		return n, known, nil
	}
	if ended {
		return n, belfry.Changes{}, fmt.Errorf("read changes of %q: %w", c.topic.user, context.Canceled)
	}
	select {
	case h.reads <- struct{}{}:
		defer func() { <-h.reads }()
	case <-ctx.Done():
		return n, belfry.Changes{}, fmt.Errorf("read changes of %q: wait for a turn: %w", c.topic.user, ctx.Err())
	}
	changes, err := h.read(ctx, c, n)
	if err != nil {
		h.meters.readErrors.Add(1)
		return n, changes, fmt.Errorf("read changes of %q: %w", c.topic.user, err)
	}
	return n, changes, nil
}

// read asks the store.
func (h *Hub) read(ctx context.Context, c *conn, n need) (belfry.Changes, error) {
	ask := func(limit int) (belfry.Changes, error) {
		h.meters.reads.Add(1)
		return h.cfg.Store.Changes(ctx, c.topic.user, n.after, limit, h.cfg.Now().UTC())
	}
	if n.resumes {
		if ch, err := ask(firstPage); err != nil || !ch.More || gapless(n.after, &ch) {
			return ch, err
		}
	}
	return ask(pageSize)
}

// gapless reports whether every number after a cursor is there, up to the last. Where one is not, what came with it was
// changed since, and stands further behind: to cut the log between the two would tell of the change of what never came.
func gapless(at belfry.Cursor, ch *belfry.Changes) bool {
	for i := range ch.Items {
		switch item := &ch.Items[i]; {
		case item.Broadcast > 0 && item.Broadcast == at.Broadcast+1:
			at.Broadcast++
		case item.Seq > 0 && item.Seq == at.Seq+1 && at.Broadcast == ch.Head.Broadcast:
			at.Seq++
		default:
			return false
		}
	}
	return true
}

// stumble makes the connection wait before it asks the store again.
func (c *conn) stumble(now moment) {
	c.topic.mu.Lock()
	defer c.topic.mu.Unlock()
	c.cancel, c.unread = nil, true
	c.delay(now)
}

func (c *conn) delay(now moment) {
	wait := min(max(2*time.Duration(c.backoff)*time.Millisecond, backoffMin), backoffMax)
	c.backoff = uint16(wait.Milliseconds())
	c.again = now.add(wait/2 + rand.N(wait/2))
}

// learn takes in what the store answered and appends what the client is to be told of it.
func (c *conn) learn(now moment, n need, ch *belfry.Changes, b []byte) []byte {
	t := c.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(b)
	if c.cancel = nil; c.gone {
		return b
	}
	c.trust, c.trustAll = n.trust, n.trustAll
	if !n.recalled { // else it is what they know already
		t.asked = now
		c.absorb(now, n, ch)
	}
	reset := ch.Reset
	switch {
	case reset != belfry.ResetNone:
	case !c.joined && c.from != nil && c.from.lost:
		reset = belfry.ResetEpoch
	case !n.after.IsZero() && distance(n.after, ch.Head) > backlogMax, ch.More && c.replayed > backlogMax:
		reset = belfry.ResetBacklog
	}
	if !c.joined {
		b = c.welcome(b, n, ch, reset)
	}
	if reset != belfry.ResetNone {
		b = c.restart(now, b, ch, reset)
	} else {
		b = c.replay(now, b, ch)
	}
	if len(b) > before {
		c.wrote = now
	}
	t.tidy()
	if !n.recalled {
		c.pause(now, n, ch)
	}
	return b
}

// absorb lets the topic, and all, know what the snapshot says.
func (c *conn) absorb(now moment, n need, ch *belfry.Changes) {
	t, h := c.topic, c.topic.hub
	current := n.trust == t.trust && n.trustAll == h.all.now.Load().trust
	if current {
		if !t.plain || t.sure != n.trust || t.sureAll != n.trustAll {
			t.sureFrom = placeOf(ch.Head)
		}
		t.plain, t.sure, t.sureAll = ch.Tally.Plain, n.trust, n.trustAll
	}
	if current && ch.Tally.Plain && ch.Head.Seq >= t.ownAt {
		t.own, t.ownAt = ch.Tally.Own, ch.Head.Seq
	}
	var shared *belfry.Tally
	if current && ch.Tally.Plain {
		shared = &ch.Tally
	}
	if h.all.observe(ch.Head.Broadcast, shared, now) {
		h.mender.add(nil)
	}
	t.log.observe(ch.Head.Seq)
	if t.queueMend() {
		h.mender.add(t)
	}
}

func (c *conn) welcome(b []byte, n need, ch *belfry.Changes, reset belfry.Reset) []byte {
	resumed := !n.after.IsZero() && reset == belfry.ResetNone
	c.joined, c.from, c.at, c.told = true, nil, placeOf(ch.Head), ch.Tally.Counts
	if resumed {
		c.at = placeOf(n.after)
	}
	c.topic.hub.meters.frames.Add(1)
	retry := retryAfter(c.topic.hub.size())
	return appendConnection(sse.AppendRetry(b, retry.Milliseconds()), c, resumed, retry)
}

func (c *conn) restart(now moment, b []byte, ch *belfry.Changes, why belfry.Reset) []byte {
	c.at, c.unread, c.replayed = placeOf(ch.Head), false, 0
	c.topic.hub.meters.reset(why)
	c.given(now, 1)
	return c.tell(appendReset(b, ch.Head, why), ch.Tally.Counts)
}

func (c *conn) replay(now moment, b []byte, ch *belfry.Changes) []byte {
	given, start := 0, len(b)
	for i := range ch.Items {
		if len(b)-start >= pageBytes {
			break
		}
		given++
		item := &ch.Items[i]
		if item.Broadcast > 0 {
			c.at.broadcast = item.Broadcast
		} else {
			c.at.seq, c.at.broadcast = item.Seq, ch.Head.Broadcast
		}
		b = appendID(b, c.topic.hub.cursor(c.at))
		if c.named && item.Kind == belfry.Created {
			b = append(b, nameField...)
		}
		b = appendChange(b, item)
	}
	c.given(now, int64(given))
	if c.unread = ch.More || given < len(ch.Items); c.unread {
		c.replayed += int32(given)
		return b
	}
	c.at, c.replayed = placeOf(ch.Head), 0
	return c.tell(b, ch.Tally.Counts)
}

// pause keeps a connection from asking again at once for what a ring announced and the store has not got: a database
// that was set back, or a replica that lags.
func (c *conn) pause(now moment, n need, ch *belfry.Changes) {
	stuck := len(ch.Items) == 0 && c.topic.hub.cursor(c.at) == n.after && c.trust == c.topic.trust
	if stuck && c.due(now, c.topic.hub.all.now.Load()) == store {
		c.delay(now)
		return
	}
	c.backoff, c.again = 0, 0
}

// distance returns how many entries lie between two places, or fewer: a log need not begin at 1, so from its very
// beginning they must be counted as they come.
func distance(from, to belfry.Cursor) int64 {
	d := max(to.Broadcast-from.Broadcast, 0)
	if from.Seq > 0 {
		d += max(to.Seq-from.Seq, 0)
	}
	return d
}
