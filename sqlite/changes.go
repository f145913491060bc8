package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Changes implements [belfry.Inboxes].
func (s *Store) Changes(ctx context.Context, user string, after belfry.Cursor, limit int, now time.Time) (out belfry.Changes, err error) {
	err = s.readers.one(ctx, func(c *conn) error {
		return behold(c, user, func(h head, p *person) (err error) {
			out, err = changes(c, h, p, after, limit, now.UnixMilli(), s.epoch)
			return err
		})
	})
	return out, failure("changes", err)
}

func changes(c *conn, h head, p *person, after belfry.Cursor, limit int, now int64, epoch string) (out belfry.Changes, err error) {
	if out.Tally, err = tally(c, h, p, now); err != nil {
		return out, err
	}
	out.Head = belfry.Cursor{Epoch: epoch, Seq: p.seq, Broadcast: h.bseq}
	switch {
	case after.IsZero(), after == out.Head: // as good as everyone who connects
		return out, nil
	case after.Epoch != epoch || after.Broadcast > h.bseq:
		out.Reset = belfry.ResetEpoch
		return out, nil
	case p.lost(after.Seq, h.floor) || after.Broadcast < h.bpruned:
		out.Reset = belfry.ResetPruned
		return out, nil
	case after.Seq > p.seq:
		out.Reset = belfry.ResetEpoch
		return out, nil
	}
	w := window{after: after, limit: limit, now: now}
	if after.Broadcast < h.bseq {
		if out.Items, err = w.shared(c, p); err != nil {
			return out, err
		}
	}
	if after.Seq < p.seq && len(out.Items) <= limit {
		own, err := w.own(c, p)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, own...)
	}
	out.More = len(out.Items) > limit
	out.Items = out.Items[:min(limit, len(out.Items))]
	return out, nil
}

// A window is the part of the log that is asked for. Each of its methods returns one more than the limit when there are
// more.
type window struct {
	after belfry.Cursor
	limit int
	now   int64
}

// shared returns the entries of the broadcast log, but for those that the person changed since: these stand in the
// person's own.
func (w *window) shared(c *conn, p *person) (items []belfry.Change, err error) {
	err = eachShared(c, p, func(b shared) bool {
		if b.live(w.now) && b.state.seq <= w.after.Seq {
			items = append(items, belfry.Change{Kind: belfry.Created, Broadcast: b.bseq, Notification: b.n})
		}
		return len(items) <= w.limit
	}, `b.gone=0 AND b.bseq > ? ORDER BY b.bseq`, w.after.Broadcast)
	if err != nil {
		return nil, err
	}
	found := len(items)
	err = c.query(func(r row) error {
		b := shared{bseq: r.int(0), stated: !r.null(6), state: state{hidden: r.int(6)}}
		b.n.Category, b.n.Priority = r.text(4), belfry.Priority(r.int(5))
		if b.visible(p) {
			n := belfry.Notification{ID: toID(r.int(1), r.int(2))}
			items = append(items, belfry.Change{Kind: belfry.Deleted, Broadcast: r.int(3), Notification: n})
		}
		if len(items)-found > w.limit {
			return errEnough
		}
		return nil
	}, `SELECT b.bseq, b.key, b.rand, b.gone_bseq, b.category, b.priority, s.hidden FROM broadcasts b
		LEFT JOIN broadcast_states s ON s.uid=? AND s.bseq=b.bseq
		WHERE b.gone_bseq > ?2 AND b.bseq <= ?2 AND b.gone=1 ORDER BY b.gone_bseq`, p.uid, w.after.Broadcast)
	slices.SortFunc(items, func(a, b belfry.Change) int { return cmp.Compare(a.Broadcast, b.Broadcast) })
	return items, err
}

// own returns the entries of the person's own log: notifications that never changed, those that did, and states of
// broadcasts, each walked in order of its own index.
func (w *window) own(c *conn, p *person) ([]belfry.Change, error) {
	limit := int64(w.limit) + 1
	const live = ` AND (n.expires_at IS NULL OR n.expires_at > ?)`
	created, err := notes(c, `SELECT `+noteColumns+` FROM notifications n
		WHERE n.uid=? AND n.status=0 AND n.seq > ? AND n.changed_seq IS NULL`+live+` ORDER BY n.seq LIMIT ?`,
		p.uid, w.after.Seq, w.now, limit)
	if err != nil {
		return nil, err
	}
	items := make([]belfry.Change, 0, len(created))
	for _, n := range created {
		items = append(items, belfry.Change{Kind: belfry.Created, Seq: n.seq, Notification: n.n})
	}
	if n := len(created); n > 0 && created[n-1].seq-w.after.Seq == int64(n) && (created[n-1].seq == p.seq || n > w.limit) {
		return items, nil // every number is accounted for, as a rule
	}
	changed, err := notes(c, `SELECT `+noteColumns+` FROM notifications n
		WHERE n.uid=?1 AND n.changed_seq > ?2 AND NOT (n.status=8 AND n.seq > ?2)`+live+` ORDER BY n.changed_seq LIMIT ?`,
		p.uid, w.after.Seq, w.now, limit)
	if err != nil {
		return nil, err
	}
	for _, n := range changed {
		items = append(items, w.changed(n))
	}
	err = eachShared(c, p, func(b shared) bool {
		if b.live(w.now) {
			items = append(items, belfry.Change{Kind: w.kind(b.bseq > w.after.Broadcast), Seq: b.state.seq, Notification: b.n})
		}
		return len(items)-len(created)-len(changed) <= w.limit
	}, `s.uid=?1 AND s.seq > ? AND s.seq IS NOT NULL AND b.gone=0 ORDER BY s.seq`, w.after.Seq)
	slices.SortFunc(items, func(a, b belfry.Change) int { return cmp.Compare(a.Seq, b.Seq) })
	return items, err
}

func (w *window) changed(n *note) belfry.Change {
	if n.status == statusDeleted {
		return belfry.Change{Kind: belfry.Deleted, Seq: n.changed, Notification: belfry.Notification{ID: n.n.ID}}
	}
	return belfry.Change{Kind: w.kind(n.seq > w.after.Seq), Seq: n.changed, Notification: n.n}
}

func (w *window) kind(isNew bool) belfry.ChangeKind {
	if isNew {
		return belfry.Created
	}
	return belfry.Updated
}
