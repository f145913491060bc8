package storetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// A row is a notification in one person's inbox, with its place in one of the two logs.
type row struct {
	n              belfry.Notification
	seq, broadcast int64
	note           *note      // one of the two
	shared         *broadcast // is set
}

// rows returns what is in the inbox: the person's own, and the broadcasts, each newest first.
func (m *Memory) rows(user string, now time.Time) (own, shared []row) {
	for _, r := range m.look(user).notes {
		if r.live(now) {
			own = append(own, row{n: r.n, seq: r.seq, note: r})
		}
	}
	for _, b := range m.broadcasts {
		if b.seenBy(user, now) {
			shared = append(shared, row{n: b.as(user), broadcast: b.seq, shared: b})
		}
	}
	slices.Reverse(own)
	slices.Reverse(shared)
	return own, shared
}

func below(category, prefix string) bool {
	return prefix == "" || category == prefix || strings.HasPrefix(category, prefix+".")
}

// List implements [belfry.Inboxes].
func (m *Memory) List(ctx context.Context, q belfry.ListQuery) (belfry.Page, error) {
	unlock, err := m.lock(ctx, "list")
	if err != nil {
		return belfry.Page{}, err
	}
	defer unlock()
	hide := func(r row) bool {
		return !q.Filter.Match(&r.n) || !below(r.n.Category, q.Category) ||
			q.Before != nil && !before(r, *q.Before) || q.After != nil && upTo(r, *q.After)
	}
	own, shared := m.rows(q.User, q.Now)
	own, shared = slices.DeleteFunc(own, hide), slices.DeleteFunc(shared, hide)
	head := m.head(m.look(q.User))
	page := belfry.Page{Cursor: head, Counts: m.tally(q.User, q.Now).Counts}
	place := belfry.Position{Seq: head.Seq + 1, Broadcast: head.Broadcast + 1}
	if q.Before != nil {
		place = *q.Before
	}
	for len(own)+len(shared) > 0 {
		if len(page.Results) == q.Limit {
			page.Next = &place
			break
		}
		var r row
		if len(shared) == 0 || len(own) > 0 && own[0].n.Newer(&shared[0].n) {
			r, own = own[0], own[1:]
			place.Seq = r.seq
		} else {
			r, shared = shared[0], shared[1:]
			place.Broadcast = r.broadcast
		}
		page.Results = append(page.Results, r.n)
	}
	return page, nil
}

func before(r row, p belfry.Position) bool {
	return r.note != nil && r.seq < p.Seq || r.shared != nil && r.broadcast < p.Broadcast
}

func upTo(r row, p belfry.Position) bool {
	return r.note != nil && r.seq <= p.Seq || r.shared != nil && r.broadcast <= p.Broadcast
}

// Find implements [belfry.Inboxes].
func (m *Memory) Find(ctx context.Context, user string, id belfry.ID, now time.Time) (belfry.Notification, error) {
	unlock, err := m.lock(ctx, "find")
	if err != nil {
		return belfry.Notification{}, err
	}
	defer unlock()
	own, shared := m.rows(user, now)
	for _, r := range append(own, shared...) {
		if r.n.ID == id {
			return r.n, nil
		}
	}
	return belfry.Notification{}, belfry.ErrNotFound
}

// Changes implements [belfry.Inboxes].
func (m *Memory) Changes(ctx context.Context, user string, after belfry.Cursor, limit int, now time.Time) (belfry.Changes, error) {
	unlock, err := m.lock(ctx, "changes")
	if err != nil {
		return belfry.Changes{}, err
	}
	defer unlock()
	p := m.look(user)
	out := belfry.Changes{Head: m.head(p), Tally: m.tally(user, now)}
	switch {
	case after.IsZero():
		return out, nil
	case after.Epoch != m.epoch || after.Broadcast > m.bseq:
		out.Reset = belfry.ResetEpoch
		return out, nil
	case m.pruned(user, after.Seq) || after.Broadcast < m.bpruned:
		out.Reset = belfry.ResetPruned
		return out, nil
	case after.Seq > p.seq:
		out.Reset = belfry.ResetEpoch
		return out, nil
	}
	items := m.broadcastItems(user, after, now)
	items = append(items, m.ownItems(user, after, now)...)
	out.More = len(items) > limit
	out.Items = items[:min(limit, len(items))]
	return out, nil
}

// broadcastItems returns the entries of the broadcast log after the cursor; those which the person changed since are
// entries of the person's own log.
func (m *Memory) broadcastItems(user string, after belfry.Cursor, now time.Time) (items []belfry.Change) {
	for _, b := range m.broadcasts {
		t := b.touched[user]
		switch {
		case b.last <= after.Broadcast || b.hidden[user]:
		case !b.deletedAt.IsZero():
			if b.seq <= after.Broadcast {
				items = append(items, gone(b.n.ID, 0, b.last))
			}
		case b.live(now) && (t == nil || t.last <= after.Seq):
			items = append(items, belfry.Change{Kind: belfry.Created, Broadcast: b.seq, Notification: b.as(user)})
		}
	}
	slices.SortFunc(items, func(a, b belfry.Change) int { return int(a.Broadcast - b.Broadcast) })
	return items
}

func (m *Memory) ownItems(user string, after belfry.Cursor, now time.Time) (items []belfry.Change) {
	kind := func(isNew bool) belfry.ChangeKind {
		if isNew {
			return belfry.Created
		}
		return belfry.Updated
	}
	for _, r := range m.look(user).notes {
		switch {
		case r.last <= after.Seq || !r.inbox:
		case !r.deletedAt.IsZero():
			if r.born <= after.Seq {
				items = append(items, gone(r.n.ID, r.last, 0))
			}
		case r.live(now):
			items = append(items, belfry.Change{Kind: kind(r.seq > after.Seq), Seq: r.last, Notification: r.n})
		}
	}
	for _, b := range m.broadcasts {
		if t := b.touched[user]; t != nil && t.last > after.Seq && b.seenBy(user, now) {
			items = append(items, belfry.Change{Kind: kind(b.seq > after.Broadcast), Seq: t.last, Notification: b.as(user)})
		}
	}
	slices.SortFunc(items, func(a, b belfry.Change) int { return int(a.Seq - b.Seq) })
	return items
}
