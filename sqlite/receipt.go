package sqlite

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// Receipt implements [belfry.Sender].
func (s *Store) Receipt(ctx context.Context, id belfry.ID) (out belfry.Receipt, err error) {
	err = s.readers.read(ctx, func(c *conn) error {
		out, err = receipt(c, id)
		return err
	})
	return out, failure("receipt", err)
}

func receipt(c *conn, id belfry.ID) (belfry.Receipt, error) {
	b, err := findShared(c, id)
	switch {
	case err != nil:
		return belfry.Receipt{}, err
	case b != nil:
		return belfry.Receipt{ID: id, All: true, Notification: b.n}, nil
	}
	found, err := under(c, id)
	switch {
	case err != nil:
		return belfry.Receipt{}, err
	case len(found) == 0:
		return belfry.Receipt{}, belfry.ErrNotFound
	}
	out := belfry.Receipt{ID: id, Notification: found[0].n}
	if found[0].n.ID == id {
		err = c.query(func(r row) error {
			out.User = r.text(0)
			return nil
		}, `SELECT user_id FROM users WHERE uid=?`, found[0].uid)
		if err != nil {
			return belfry.Receipt{}, err
		}
	} else {
		n := &out.Notification
		n.ID, n.SeenAt, n.ReadAt, n.ArchivedAt = id, time.Time{}, time.Time{}, time.Time{}
	}
	for _, n := range found {
		d, err := deliveries(c, n)
		if err != nil {
			return belfry.Receipt{}, err
		}
		out.Deliveries = append(out.Deliveries, d...)
	}
	return out, nil
}

// Retract implements [belfry.Sender].
func (s *Store) Retract(ctx context.Context, id belfry.ID, at time.Time) ([]belfry.Ring, error) {
	var out []belfry.Ring
	err := s.writer.do(ctx, 1, func(t *tx) (err error) {
		out, err = t.retract(id, at.UnixMilli())
		return err
	})
	if err != nil {
		return nil, failure("retract", err)
	}
	return out, nil
}

func (t *tx) retract(id belfry.ID, at int64) (rings []belfry.Ring, err error) {
	b, err := findShared(t.conn, id)
	if err != nil {
		return nil, err
	}
	if b != nil && b.live(at) {
		ring, err := t.removeShared(b, at)
		return []belfry.Ring{ring}, err
	}
	found, err := under(t.conn, id)
	if err != nil {
		return nil, err
	}
	refused := error(belfry.ErrNotFound)
	for _, n := range found {
		if !n.n.ExpiresAt.IsZero() && n.n.ExpiresAt.UnixMilli() <= at {
			continue
		}
		refused = nil
		ring, err := t.remove(n, at, reasonRetracted)
		if err != nil {
			return nil, err
		}
		if ring != nil {
			rings = append(rings, *ring)
		}
	}
	return rings, refused
}
