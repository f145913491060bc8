package postgres

import (
	"context"

	"github.com/belfryhq/belfry"
)

// status is how a notification's states are stored, so that one index orders a list of any of them.
type status int64

const (
	statusSeen     status = 1
	statusRead     status = 2
	statusArchived status = 4
	statusDeleted  status = 8  // a log entry without content
	statusOutside  status = 9  // never in the inbox
	statusGone     status = 10 // likewise, and without content

	inboxStatuses = 8 // those below are in the inbox
)

func statusOf(n *belfry.Notification) (s status) {
	if !n.SeenAt.IsZero() {
		s |= statusSeen
	}
	if !n.ReadAt.IsZero() {
		s |= statusRead
	}
	if !n.ArchivedAt.IsZero() {
		s |= statusArchived
	}
	return s
}

// counts returns what a notification in this state adds to its person's counts.
func (s status) counts() (c belfry.Counts) {
	if s >= statusArchived {
		return c
	}
	if s&statusRead == 0 {
		c.Unread = 1
	}
	if s&statusSeen == 0 {
		c.Unseen = 1
	}
	return c
}

// both counts n times unread and unseen: what n untouched broadcasts count.
func both(n int64) belfry.Counts { return belfry.Counts{Unread: n, Unseen: n} }

// simple reports whether a person's counts at a moment are what is kept: their own part and the number of broadcasts.
// What else corrects them is rare: what expired and waits for Expire, what was muted since the preferences were set, and
// broadcasts whose states are still being cleared.
func (h *head) simple(p *person, now int64) bool {
	return !p.mutes && h.plain(p, now)
}

// plain is simple but for what is muted.
func (h *head) plain(p *person, now int64) bool {
	return (p.due == 0 || p.due > now) && (h.due == 0 || h.due > now) && (h.clearing == 0 || p.uid == 0)
}

// tally returns the counts of a person at a moment. What it reads must be of the moment of h and p.
func tally(ctx context.Context, l *link, h head, p *person, now int64) (belfry.Tally, error) {
	counts, shared := p.own.Plus(both(h.shared)), h.shared
	if p.mutes {
		muted, err := mutedSince(ctx, l, p)
		if err != nil {
			return belfry.Tally{}, err
		}
		counts = counts.Minus(both(muted))
	}
	if p.due != 0 && p.due <= now {
		gone, err := expiredOwn(ctx, l, p.uid, now)
		if err != nil {
			return belfry.Tally{}, err
		}
		counts = counts.Minus(gone)
	}
	if h.due != 0 && h.due <= now {
		n, gone, err := expiredShared(ctx, l, p, now)
		if err != nil {
			return belfry.Tally{}, err
		}
		shared -= n
		counts = counts.Minus(gone)
	}
	if h.clearing > 0 && p.uid != 0 {
		cleared, err := beingCleared(ctx, l, p.uid)
		if err != nil {
			return belfry.Tally{}, err
		}
		counts = counts.Minus(cleared)
	}
	t := belfry.Tally{Counts: counts, Shared: both(shared)}
	t.Own = t.Counts.Minus(t.Shared)
	t.Plain = !p.mutes && h.clearing == 0
	return t, nil
}

// tally reads the head and returns the counts at it, for somebody who is locked: their own part cannot move, and if the
// broadcasts do while they are read, it reads once more.
func (t *tx) tally(ctx context.Context, p *person, now int64) (belfry.Tally, error) {
	for {
		if err := t.look(ctx); err != nil {
			return belfry.Tally{}, err
		}
		before := t.head
		out, err := tally(ctx, t.link, before, p, now)
		if err != nil || before.simple(p, now) {
			return out, err
		}
		if err := t.look(ctx); err != nil {
			return belfry.Tally{}, err
		}
		if t.head.version == before.version {
			return out, nil
		}
	}
}

// ownPart returns the own part of somebody's counts after a change of theirs, as its ring says it. What corrects it is
// found out once for a person and a moment.
func (t *tx) ownPart(ctx context.Context, p *person, now int64) (belfry.Counts, error) {
	switch {
	case t.head.simple(p, now):
		return p.own, nil
	case t.head.plain(p, now):
		muted, err := t.hidden(ctx, p)
		return p.own.Minus(both(muted)), err
	}
	if p.offAt != now {
		out, err := t.tally(ctx, p, now)
		if err != nil {
			return belfry.Counts{}, err
		}
		p.off, p.offAt = out.Own.Minus(p.own), now
	}
	return p.own.Plus(p.off), nil
}

// An alive is what preferences look at in a broadcast that is in the inboxes.
type alive struct {
	bseq     int64
	category string
	priority belfry.Priority
}

// hidden is mutedSince for a transaction with many people: it reads the broadcasts once.
func (t *tx) hidden(ctx context.Context, p *person) (n int64, err error) {
	if t.alive == nil {
		t.alive = []alive{}
		err := t.query(ctx, func(r row) error {
			t.alive = append(t.alive, alive{r.int(0), r.text(1), belfry.Priority(r.int(2))})
			return nil
		}, `SELECT bseq, category, priority FROM belfry.broadcasts WHERE gone = 0`)
		if err != nil {
			return 0, err
		}
	}
	for _, b := range t.alive {
		if b.bseq > p.prefsBroadcast && !p.prefs.Allow(b.category, belfry.InApp, b.priority) {
			n++
		}
	}
	return n, nil
}

// mutedSince counts the broadcasts that the person's preferences hide and that no state row says so of.
func mutedSince(ctx context.Context, l *link, p *person) (n int64, err error) {
	err = l.query(ctx, func(r row) error {
		if !p.prefs.Allow(r.text(0), belfry.InApp, belfry.Priority(r.int(1))) {
			n += r.int(2)
		}
		return nil
	}, `SELECT category, priority, count(*) FROM belfry.broadcasts WHERE gone = 0 AND bseq > $1 GROUP BY category, priority`, p.prefsBroadcast)
	return n, err
}

// expiredOwn counts what of the person's own is over and still in own.
func expiredOwn(ctx context.Context, l *link, uid, now int64) (sum belfry.Counts, err error) {
	err = l.query(ctx, func(r row) error {
		sum = sum.Plus(status(r.int(0)).counts())
		return nil
	}, `SELECT status FROM belfry.notifications WHERE uid=$1 AND expires_at <= $2`, uid, now)
	return sum, err
}

// expiredShared returns how many broadcasts are over and still in the head's, and what they count for the person.
func expiredShared(ctx context.Context, l *link, p *person, now int64) (n int64, sum belfry.Counts, err error) {
	err = l.query(ctx, func(r row) error {
		b, err := scanShared(r)
		n++
		if err == nil && b.visible(p) {
			sum = sum.Plus(statusOf(&b.n).counts())
		}
		return err
	}, sharedOf+`b.expires_at <= $2`, p.uid, now)
	return n, sum, err
}

// beingCleared returns what the states of broadcasts that are gone still add to own.
func beingCleared(ctx context.Context, l *link, uid int64) (sum belfry.Counts, err error) {
	err = l.query(ctx, func(r row) error {
		sum = sum.Plus(scanState(r).counts())
		return nil
	}, `SELECT s.hidden, s.seen_at, s.read_at, s.archived_at FROM belfry.broadcasts b JOIN belfry.broadcast_states s
		ON s.uid=$1 AND s.bseq=b.bseq WHERE b.clearing`, uid)
	return sum, err
}
