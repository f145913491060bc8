package postgres

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Mark implements [belfry.Inboxes].
func (s *Store) Mark(ctx context.Context, m belfry.Mark) (out belfry.Marked, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		k := marking{tx: t, m: &m, at: m.At.UnixMilli()}
		if err := k.run(ctx); err != nil {
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

func (k *marking) run(ctx context.Context) error {
	if err := k.lockPeople(ctx, k.m.User); err != nil {
		return err
	}
	k.p = k.person(k.m.User)
	mark := k.named
	if k.m.All {
		mark = k.all
	}
	err := mark(ctx)
	if err != nil {
		return err
	}
	// The head is read last, so that it counts every broadcast that was marked.
	k.out.Tally, err = k.tally(ctx, k.p, k.at)
	k.out.Cursor = belfry.Cursor{Seq: k.p.seq, Broadcast: k.head.bseq}
	return err
}

func (k *marking) named(ctx context.Context) error {
	own := map[belfry.ID]*note{}
	if k.p.uid != 0 {
		found, err := notes(ctx, k.link, notesWhere+`n.id = ANY($1) AND n.uid=$2`, keys(k.m.IDs), k.p.uid)
		if err != nil {
			return err
		}
		for _, n := range found {
			own[n.n.ID] = n
		}
	}
	all := map[belfry.ID]*shared{}
	if others := slices.DeleteFunc(slices.Clone(k.m.IDs), func(id belfry.ID) bool { return own[id] != nil }); len(others) > 0 {
		found, err := k.broadcasts(ctx, func(each func(shared) bool) error {
			return eachShared(ctx, k.link, k.p, each, `b.id = ANY($2) AND b.gone=0 ORDER BY b.bseq`, keys(others))
		}, math.MaxInt32)
		if err != nil {
			return err
		}
		for i := range found {
			all[found[i].n.ID] = &found[i]
		}
	}
	for _, id := range k.m.IDs {
		n, b := own[id], all[id]
		switch {
		case n != nil && n.live(k.at):
			k.note(n)
		case b != nil:
			if err := k.shared(ctx, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// broadcasts returns at most limit of some broadcasts that the mark would change, locked so that they are not taken back meanwhile.
func (k *marking) broadcasts(ctx context.Context, of func(each func(shared) bool) error, limit int) (found []shared, err error) {
	err = of(func(b shared) bool {
		n := b.n
		if b.live(k.at) && (!k.m.All || within(n.Category, k.m.Category)) && set(&n, k.m.Set, k.m.At) {
			found = append(found, b)
		}
		return len(found) < limit
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	still := map[int64]bool{}
	bseqs := make([]int64, len(found))
	for i := range found {
		bseqs[i] = found[i].bseq
	}
	err = k.query(ctx, func(r row) error {
		still[r.int(0)] = true
		return nil
	}, `SELECT bseq FROM belfry.broadcasts WHERE bseq = ANY($1) AND gone=0 ORDER BY bseq FOR SHARE`, bseqs)
	return slices.DeleteFunc(found, func(b shared) bool { return !still[b.bseq] }), err
}

// all marks the broadcasts, then the person's own, each from the oldest.
func (k *marking) all(ctx context.Context) error {
	upTo := belfry.Position{Seq: math.MaxInt64 - 1, Broadcast: math.MaxInt64 - 1}
	if k.m.UpTo != nil {
		upTo = *k.m.UpTo
	}
	limit := k.m.Limit
	if limit <= 0 {
		limit = math.MaxInt32 - 1
	}
	broadcasts, err := k.broadcasts(ctx, func(each func(shared) bool) error {
		return walkShared(ctx, k.link, k.p, 0, upTo.Broadcast+1, false, each)
	}, limit+1)
	if err != nil {
		return err
	}
	own, err := k.own(ctx, upTo.Seq, limit+1-len(broadcasts))
	if err != nil {
		return err
	}
	k.out.More = len(broadcasts)+len(own) > limit
	for i := range broadcasts[:min(limit, len(broadcasts))] {
		if err := k.shared(ctx, &broadcasts[i]); err != nil {
			return err
		}
	}
	for _, n := range own[:min(limit-min(limit, len(broadcasts)), len(own))] {
		k.note(n)
	}
	return nil
}

// own returns the person's own notifications that the mark would change, from the oldest.
func (k *marking) own(ctx context.Context, upTo int64, limit int) ([]*note, error) {
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
	return o.run(ctx, k.link, k.p.uid)
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

func (k *marking) note(n *note) {
	before := n.status
	if !set(&n.n, k.m.Set, k.m.At) {
		return
	}
	n.status = statusOf(&n.n)
	if n.mail {
		k.unneeded(n, n.status&^before)
	}
	k.mark(k.p)
	k.take(&n.n, before.counts())
	k.queue(`UPDATE belfry.notifications SET status=$1, changed_seq=$2, seen_at=$3, read_at=$4, archived_at=$5 WHERE id=$6`,
		int64(n.status), k.p.seq, milli(n.n.SeenAt), milli(n.n.ReadAt), milli(n.n.ArchivedAt), key(n.n.ID))
}

// unneeded cancels the mails that the states now reached make so.
func (k *marking) unneeded(n *note, reached status) {
	if reached&statusRead != 0 {
		k.cancelMails(n.n.ID, reasonRead, belfry.UnlessRead)
	}
	if reached&statusSeen != 0 {
		k.cancelMails(n.n.ID, reasonSeen, belfry.UnlessSeen)
	}
}

func (k *marking) shared(ctx context.Context, b *shared) error {
	before := statusOf(&b.n).counts()
	if !set(&b.n, k.m.Set, k.m.At) {
		return nil
	}
	if err := k.touch(ctx, k.p); err != nil {
		return err
	}
	k.take(&b.n, before)
	k.queue(`INSERT INTO belfry.broadcast_states VALUES ($1,$2,$3,0,$4,$5,$6) ON CONFLICT (uid, bseq) DO UPDATE
		SET seq=excluded.seq, seen_at=excluded.seen_at, read_at=excluded.read_at, archived_at=excluded.archived_at`,
		k.p.uid, b.bseq, k.p.seq, milli(b.n.SeenAt), milli(b.n.ReadAt), milli(b.n.ArchivedAt))
	return nil
}

// take gives a change its place in the log, and the counts what they gain by it.
func (k *marking) take(n *belfry.Notification, before belfry.Counts) {
	k.p.seq++
	k.p.own = k.p.own.Minus(before).Plus(statusOf(n).counts())
	k.out.Changes = append(k.out.Changes, belfry.Change{Kind: belfry.Updated, Seq: k.p.seq, Notification: *n})
}
