package sqlite

import (
	"context"
	"math"
	"time"

	"github.com/belfryhq/belfry"
)

// Mark implements [belfry.Inboxes].
func (s *Store) Mark(ctx context.Context, m belfry.Mark) (belfry.Marked, error) {
	var out belfry.Marked
	rows := len(m.IDs)
	if m.All {
		rows = m.Limit
	}
	err := s.writer.do(ctx, max(rows, 1), func(t *tx) error {
		k := marking{tx: t, m: &m, at: m.At.UnixMilli()}
		if err := k.run(); err != nil {
			return err
		}
		k.out.Cursor.Epoch = s.epoch
		out = k.out
		return nil
	})
	if err != nil {
		return belfry.Marked{}, failure("mark", err)
	}
	return out, nil
}

// A marking is a mark under way.
type marking struct {
	*tx
	m   *belfry.Mark
	p   *person
	at  int64
	out belfry.Marked
}

func (k *marking) run() (err error) {
	if k.p, err = k.person(k.m.User); err != nil {
		return err
	}
	if k.m.All {
		err = k.all()
	} else {
		err = k.named()
	}
	if err != nil {
		return err
	}
	k.out.Cursor = belfry.Cursor{Seq: k.p.seq, Broadcast: k.head.bseq}
	k.out.Tally, err = tally(k.conn, k.head, k.p, k.at)
	return err
}

func (k *marking) named() error {
	for _, id := range k.m.IDs {
		n, err := findNote(k.conn, id)
		if err != nil {
			return err
		}
		if n != nil {
			if n.uid == k.p.uid && n.live(k.at) {
				if err := k.note(n); err != nil {
					return err
				}
			}
			continue
		}
		b, err := findSharedFor(k.conn, k.p, id)
		if err != nil {
			return err
		}
		if b != nil && b.live(k.at) {
			if err := k.shared(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// all marks the broadcasts, then the person's own, each from the oldest.
func (k *marking) all() error {
	upTo := belfry.Position{Seq: math.MaxInt64 - 1, Broadcast: math.MaxInt64 - 1}
	if k.m.UpTo != nil {
		upTo = *k.m.UpTo
	}
	limit := k.m.Limit
	if limit <= 0 {
		limit = math.MaxInt32
	}
	var broadcasts []shared
	err := eachShared(k.conn, k.p, func(b shared) bool {
		n := b.n
		if b.live(k.at) && within(n.Category, k.m.Category) && set(&n, k.m.Set, k.m.At) {
			broadcasts = append(broadcasts, b)
		}
		return len(broadcasts) <= limit
	}, `b.gone=0 AND b.bseq <= ? ORDER BY b.bseq`, upTo.Broadcast)
	if err != nil {
		return err
	}
	own, err := k.own(upTo.Seq, limit+1-len(broadcasts))
	if err != nil {
		return err
	}
	k.out.More = len(broadcasts)+len(own) > limit
	for i := range broadcasts[:min(limit, len(broadcasts))] {
		if err := k.shared(&broadcasts[i]); err != nil {
			return err
		}
	}
	for _, n := range own[:min(limit-min(limit, len(broadcasts)), len(own))] {
		if err := k.note(n); err != nil {
			return err
		}
	}
	return nil
}

// own returns the person's own notifications that the mark would change, from the oldest.
func (k *marking) own(upTo int64, limit int) ([]*note, error) {
	if k.p.uid == 0 || limit <= 0 {
		return nil, nil
	}
	o := ownQuery{category: k.m.Category, below: min(upTo, math.MaxInt64-1) + 1, limit: int64(limit)}
	if k.p.due != 0 && k.p.due <= k.at {
		o.now = k.at
	}
	for s := range status(inboxStatuses) {
		if n := s.as(k.m.At); set(&n, k.m.Set, k.m.At) {
			o.statuses = append(o.statuses, s)
		}
	}
	return o.run(k.conn, k.p.uid)
}

// set applies a change of states, and reports whether it changed one.
func set(n *belfry.Notification, s belfry.StateChange, at time.Time) (changed bool) {
	one := func(state *time.Time, on *bool) {
		if on == nil || *on != state.IsZero() {
			return
		}
		changed = true
		*state = time.Time{}
		if *on {
			*state = fromMilli(at.UnixMilli())
		}
	}
	one(&n.SeenAt, s.Seen)
	one(&n.ReadAt, s.Read)
	one(&n.ArchivedAt, s.Archived)
	return changed
}

func (k *marking) note(n *note) error {
	before := n.status
	if !set(&n.n, k.m.Set, k.m.At) {
		return nil
	}
	if n.mail {
		if err := k.unneeded(n, statusOf(&n.n)&^before); err != nil {
			return err
		}
	}
	k.take(&n.n, before.counts())
	_, err := k.exec(`UPDATE notifications SET status=?, changed_seq=?, seen_at=?, read_at=?, archived_at=? WHERE key=?`,
		int64(statusOf(&n.n)), k.p.seq, milli(n.n.SeenAt), milli(n.n.ReadAt), milli(n.n.ArchivedAt), n.key)
	return err
}

// unneeded cancels the mails that the states now reached make so.
func (k *marking) unneeded(n *note, reached status) error {
	if reached&statusRead != 0 {
		if err := k.cancelMails(n, reasonRead, belfry.UnlessRead); err != nil {
			return err
		}
	}
	if reached&statusSeen != 0 {
		return k.cancelMails(n, reasonSeen, belfry.UnlessSeen)
	}
	return nil
}

func (k *marking) shared(b *shared) error {
	before := statusOf(&b.n).counts()
	if !set(&b.n, k.m.Set, k.m.At) {
		return nil
	}
	k.take(&b.n, before)
	_, err := k.exec(`INSERT OR REPLACE INTO broadcast_states VALUES (?,?,?,0,?,?,?)`,
		k.p.uid, b.bseq, k.p.seq, milli(b.n.SeenAt), milli(b.n.ReadAt), milli(b.n.ArchivedAt))
	return err
}

// take gives a change its place in the log, and the counts what they gain by it.
func (k *marking) take(n *belfry.Notification, before belfry.Counts) {
	k.touch(k.p)
	k.p.seq++
	k.p.own = k.p.own.Minus(before).Plus(statusOf(n).counts())
	k.out.Changes = append(k.out.Changes, belfry.Change{Kind: belfry.Updated, Seq: k.p.seq, Notification: *n})
}
