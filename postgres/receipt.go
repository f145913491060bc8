package postgres

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// Receipt implements [belfry.Sender].
func (s *Store) Receipt(ctx context.Context, id belfry.ID) (out belfry.Receipt, err error) {
	err = s.read(ctx, func(ctx context.Context, l *link) error {
		out, err = receipt(ctx, l, id)
		return err
	})
	return out, failure("receipt", err)
}

func receipt(ctx context.Context, l *link, id belfry.ID) (belfry.Receipt, error) {
	b, err := findShared(ctx, l, &person{}, id)
	switch {
	case err != nil:
		return belfry.Receipt{}, err
	case b != nil:
		return belfry.Receipt{ID: id, All: true, Notification: b.n}, nil
	}
	found, err := under(ctx, l, id)
	switch {
	case err != nil:
		return belfry.Receipt{}, err
	case len(found) == 0:
		return belfry.Receipt{}, belfry.ErrNotFound
	}
	out := belfry.Receipt{ID: id, Notification: found[0].n}
	if found[0].n.ID == id {
		l.ask(func(r row) error {
			out.User = r.text(0)
			return nil
		}, `SELECT user_id FROM belfry.users WHERE uid=$1`, found[0].uid)
	} else {
		n := &out.Notification
		n.ID, n.SeenAt, n.ReadAt, n.ArchivedAt = id, time.Time{}, time.Time{}, time.Time{}
	}
	out.Deliveries, err = deliveriesOf(ctx, l, found)
	return out, err
}

// Retract implements [belfry.Sender].
func (s *Store) Retract(ctx context.Context, id belfry.ID, at time.Time) (out []belfry.Ring, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		out, err = t.retract(ctx, id, at.UnixMilli())
		return err
	})
	if err != nil {
		return nil, failure("retract", err)
	}
	return out, nil
}

func (t *tx) retract(ctx context.Context, id belfry.ID, at int64) ([]belfry.Ring, error) {
	b, err := findShared(ctx, t.link, &person{}, id)
	if err != nil {
		return nil, err
	}
	if b != nil && b.live(at) {
		return t.retractShared(ctx, b, at)
	}
	found, err := under(ctx, t.link, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, belfry.ErrNotFound
	}
	if err := t.lockOwners(ctx, owners(found)); err != nil {
		return nil, err
	}
	if found, err = under(ctx, t.link, id); err != nil { // as they are now that nobody can change them
		return nil, err
	}
	var rings []belfry.Ring
	refused := error(belfry.ErrNotFound)
	for _, n := range found {
		if n.over(at) {
			continue
		}
		if t.byUID[n.uid] == nil {
			return nil, errAgain
		}
		refused = nil
		ring, err := t.remove(ctx, n, at, reasonRetracted)
		if err != nil {
			return nil, err
		}
		if ring != nil {
			rings = append(rings, *ring)
		}
	}
	return rings, refused
}

func (t *tx) retractShared(ctx context.Context, b *shared, at int64) ([]belfry.Ring, error) {
	still, err := t.lockForRemoval(ctx, []int64{b.bseq}, nil)
	if err != nil {
		return nil, err
	}
	if !still[b.bseq] {
		return nil, belfry.ErrNotFound
	}
	ring, err := t.removeShared(ctx, b, at)
	t.saveHead()
	return []belfry.Ring{ring}, err
}

// lockForRemoval locks what the removal of broadcasts concerns, in the order of all locks: the people who touched them
// (and others, by their number), the broadcasts, the head. It returns which broadcasts are still in the inboxes.
func (t *tx) lockForRemoval(ctx context.Context, bseqs, others []int64) (still map[int64]bool, err error) {
	uids := others
	if len(bseqs) > 0 {
		stated, err := t.statedBy(ctx, bseqs, clearAtOnce)
		if err != nil {
			return nil, err
		}
		uids = append(uids, stated...)
	}
	if err := t.lockOwners(ctx, uids); err != nil || len(bseqs) == 0 {
		return nil, err
	}
	if still, err = t.lockShared(ctx, bseqs); err != nil {
		return nil, err
	}
	return still, t.lockHead(ctx)
}
