package sqlite

import "github.com/belfryhq/belfry"

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

// tally returns the counts of a person at a moment. Kept are the person's own part and the number of broadcasts; what
// corrects them is nothing, as a rule: what expired and waits for Expire, what was muted since the preferences were set,
// and broadcasts whose states are still being cleared.
func tally(c *conn, h head, p *person, now int64) (belfry.Tally, error) {
	counts, shared := p.own.Plus(both(h.shared)), h.shared
	if p.mutes {
		muted, err := mutedSince(c, p)
		if err != nil {
			return belfry.Tally{}, err
		}
		counts = counts.Minus(both(muted))
	}
	if p.due != 0 && p.due <= now {
		gone, err := expiredOwn(c, p.uid, now)
		if err != nil {
			return belfry.Tally{}, err
		}
		counts = counts.Minus(gone)
	}
	if h.due != 0 && h.due <= now {
		n, gone, err := expiredShared(c, p, now)
		if err != nil {
			return belfry.Tally{}, err
		}
		shared -= n
		counts = counts.Minus(gone)
	}
	if h.clearing > 0 && p.uid != 0 {
		cleared, err := beingCleared(c, p.uid)
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

// mutedSince counts the broadcasts that the person's preferences hide and that no state row says so of.
func mutedSince(c *conn, p *person) (n int64, err error) {
	err = c.query(func(r row) error {
		if !p.prefs.Allow(r.text(0), belfry.InApp, belfry.Priority(r.int(1))) {
			n++
		}
		return nil
	}, `SELECT category, priority FROM broadcasts WHERE gone = 0 AND bseq > ?`, p.prefsBroadcast)
	return n, err
}

// expiredOwn counts what of the person's own is over and still in own.
func expiredOwn(c *conn, uid, now int64) (sum belfry.Counts, err error) {
	err = c.query(func(r row) error {
		sum = sum.Plus(status(r.int(0)).counts())
		return nil
	}, `SELECT status FROM notifications WHERE uid=? AND expires_at <= ?`, uid, now)
	return sum, err
}

// expiredShared returns how many broadcasts are over and still in the head's, and what they count for the person.
func expiredShared(c *conn, p *person, now int64) (n int64, sum belfry.Counts, err error) {
	err = c.query(func(r row) error {
		b := scanShared(r)
		n++
		if b.visible(p) {
			sum = sum.Plus(statusOf(&b.n).counts())
		}
		return nil
	}, `SELECT `+sharedColumns+` FROM broadcasts b LEFT JOIN broadcast_states s ON s.uid=? AND s.bseq=b.bseq
		WHERE b.expires_at <= ?`, p.uid, now)
	return n, sum, err
}

// beingCleared returns what the states of broadcasts that are gone still add to own.
func beingCleared(c *conn, uid int64) (sum belfry.Counts, err error) {
	err = c.query(func(r row) error {
		sum = sum.Plus(scanState(r, 0).counts())
		return nil
	}, `SELECT s.hidden, s.seen_at, s.read_at, s.archived_at FROM broadcasts b CROSS JOIN broadcast_states s
		ON s.uid=? AND s.bseq=b.bseq WHERE b.clearing = 1`, uid)
	return sum, err
}
