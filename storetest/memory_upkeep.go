package storetest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// A due is something that expires: a note or a broadcast.
type due struct {
	at   time.Time
	id   belfry.ID
	note held
	all  *broadcast
}

// dues returns what has an end, the earliest first.
func (m *Memory) dues() []due {
	var out []due
	for _, p := range m.people {
		for _, r := range p.notes {
			if r.deletedAt.IsZero() && !r.n.ExpiresAt.IsZero() {
				out = append(out, due{r.n.ExpiresAt, r.n.ID, held{r, p}, nil})
			}
		}
	}
	for _, b := range m.broadcasts {
		if b.deletedAt.IsZero() && !b.n.ExpiresAt.IsZero() {
			out = append(out, due{b.n.ExpiresAt, b.n.ID, held{}, b})
		}
	}
	slices.SortFunc(out, func(a, b due) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	return out
}

// Expire implements [belfry.Upkeep].
func (m *Memory) Expire(ctx context.Context, now time.Time, limit int) (rings []belfry.Ring, next time.Time, err error) {
	unlock, err := m.lock(ctx, "expire")
	if err != nil {
		return nil, time.Time{}, err
	}
	defer unlock()
	for i, d := range m.dues() {
		if i == limit || d.at.After(now) {
			return rings, d.at, nil
		}
		rings = append(rings, m.expire(d, now)...)
	}
	return rings, time.Time{}, nil
}

func (m *Memory) expire(d due, now time.Time) []belfry.Ring {
	if d.all != nil {
		return []belfry.Ring{m.deleteBroadcast(d.all, now)}
	}
	return m.deleteNote(d.note, now, reasonExpired)
}

// Prune implements [belfry.Upkeep].
func (m *Memory) Prune(ctx context.Context, before, now time.Time, limit int) (rings []belfry.Ring, more bool, err error) {
	unlock, err := m.lock(ctx, "prune")
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	left := limit
	take := func(over bool) bool {
		if !over {
			return false
		}
		if left == 0 {
			more = true
			return false
		}
		left--
		return true
	}
	for user, p := range m.people {
		unseen := false
		p.notes = slices.DeleteFunc(p.notes, func(r *note) bool {
			if !take(r.over(before)) {
				return false
			}
			m.widow(r)
			p.pruned = max(p.pruned, r.last)
			unseen = unseen || r.inbox && r.deletedAt.IsZero() && r.n.ArchivedAt.IsZero() && r.n.SeenAt.IsZero()
			return true
		})
		if unseen {
			rings = append(rings, belfry.Ring{User: user, Mute: true})
		}
	}
	counted := false
	m.broadcasts = slices.DeleteFunc(m.broadcasts, func(b *broadcast) bool {
		if !take(b.over(before)) {
			return false
		}
		m.bpruned = max(m.bpruned, b.last)
		counted = counted || b.deletedAt.IsZero()
		for user, t := range b.touched {
			m.people[user].touched = max(m.people[user].touched, t.last)
		}
		return true
	})
	if counted {
		rings = append(rings, belfry.Ring{Mute: true})
	}
	m.tickets = slices.DeleteFunc(m.tickets, func(t belfry.Ticket) bool { return take(!t.ExpiresAt.After(now)) })
	maps.DeleteFunc(m.revoked, func(_ belfry.SecretHash, r belfry.Revoked) bool { return take(r.Over(now)) })
	m.sent = slices.DeleteFunc(m.sent, func(e *sentMail) bool { return take(now.Sub(e.at) >= sentAge) })
	maps.DeleteFunc(m.full, func(_ string, at time.Time) bool { return take(now.Sub(at) > fullAge) })
	maps.DeleteFunc(m.answers, func(_ string, a answer) bool { return take(now.Sub(a.at) >= idempotencyAge) })
	return rings, more, nil
}

func (r *note) over(before time.Time) bool {
	if !r.deletedAt.IsZero() {
		return r.deletedAt.Before(before)
	}
	return r.n.CreatedAt.Before(before) && (!r.inbox || !r.n.ReadAt.IsZero() || !r.n.ArchivedAt.IsZero())
}

func (b *broadcast) over(before time.Time) bool {
	if !b.deletedAt.IsZero() {
		return b.deletedAt.Before(before)
	}
	return b.n.CreatedAt.Before(before)
}
