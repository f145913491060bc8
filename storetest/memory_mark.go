package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Mark implements [belfry.Inboxes].
func (m *Memory) Mark(ctx context.Context, mark belfry.Mark) (belfry.Marked, error) {
	unlock, err := m.lock(ctx, "mark")
	if err != nil {
		return belfry.Marked{}, err
	}
	defer unlock()
	var out belfry.Marked
	for _, r := range m.marked(&mark) {
		n := r.n
		if !set(&n, mark.Set, mark.At) {
			continue
		}
		if mark.All && mark.Limit > 0 && len(out.Changes) == mark.Limit {
			out.More = true
			break
		}
		p := m.known(mark.User)
		p.seq++
		if r.note != nil {
			r.note.cancelRead(&r.n, &n)
			r.note.n, r.note.last = n, p.seq
		} else {
			r.shared.touched[mark.User] = &touch{n.SeenAt, n.ReadAt, n.ArchivedAt, p.seq}
		}
		out.Changes = append(out.Changes, belfry.Change{Kind: belfry.Updated, Seq: p.seq, Notification: n})
	}
	out.Cursor, out.Tally = m.head(m.look(mark.User)), m.tally(mark.User, mark.At)
	return out, nil
}

// marked returns what a mark is about: the named in their order, each once, or all from the oldest.
func (m *Memory) marked(mark *belfry.Mark) []row {
	own, shared := m.rows(mark.User, mark.At)
	rows := append(own, shared...)
	if mark.All {
		slices.Reverse(rows)
		return slices.DeleteFunc(rows, func(r row) bool {
			return !below(r.n.Category, mark.Category) || mark.UpTo != nil && !upTo(r, *mark.UpTo)
		})
	}
	var out []row
	for i, id := range mark.IDs {
		at := slices.IndexFunc(rows, func(r row) bool { return r.n.ID == id })
		if at >= 0 && !slices.Contains(mark.IDs[:i], id) {
			out = append(out, rows[at])
		}
	}
	return out
}

// set applies a change of states, and reports whether it changed one.
func set(n *belfry.Notification, s belfry.StateChange, at time.Time) (changed bool) {
	one := func(state *time.Time, on *bool) {
		switch {
		case on == nil || *on != state.IsZero():
			return
		case *on:
			*state = at
		default:
			*state = time.Time{}
		}
		changed = true
	}
	one(&n.SeenAt, s.Seen)
	one(&n.ReadAt, s.Read)
	one(&n.ArchivedAt, s.Archived)
	return changed
}
