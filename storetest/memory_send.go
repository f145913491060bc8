package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// idempotencyAge is how long a send under an idempotency key is answered again.
const idempotencyAge = 24 * time.Hour

// Accept implements [belfry.Sender].
func (m *Memory) Accept(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
	return m.acceptAs(ctx, sends, nil)
}

// acceptAs gives new notifications the ids that another store gave to the same sends, so that the two can be compared.
func (m *Memory) acceptAs(ctx context.Context, sends []belfry.Accept, ids []belfry.Accepted) ([]belfry.Accepted, error) {
	unlock, err := m.lock(ctx, "accept")
	if err != nil {
		return nil, err
	}
	defer unlock()
	out := make([]belfry.Accepted, len(sends))
	for i := range sends {
		var as belfry.Accepted
		if i < len(ids) {
			as = ids[i]
		}
		out[i] = m.acceptOnce(&sends[i], as)
	}
	return out, nil
}

func (m *Memory) acceptOnce(a *belfry.Accept, as belfry.Accepted) belfry.Accepted {
	if a.IdempotencyKey == "" {
		return m.accept(a, as)
	}
	if old, ok := m.answers[a.IdempotencyKey]; ok && a.At.Sub(old.at) < idempotencyAge {
		if old.fingerprint != a.Fingerprint {
			return belfry.Accepted{Err: belfry.ErrKeyReused}
		}
		return belfry.Accepted{ID: old.accepted.ID, Users: slices.Clone(old.accepted.Users), Replayed: true}
	}
	out := m.accept(a, as)
	m.answers[a.IdempotencyKey] = answer{a.At, a.Fingerprint, belfry.Accepted{ID: out.ID, Users: slices.Clone(out.Users)}}
	return out
}

func (m *Memory) accept(a *belfry.Accept, as belfry.Accepted) belfry.Accepted {
	if as.ID.IsZero() {
		as.ID = m.mint(a.At)
	}
	if a.Send.To.All {
		return m.acceptAll(a, as.ID)
	}
	out := belfry.Accepted{ID: as.ID}
	several := len(a.Send.To.Users) != 1
	for i, user := range a.Send.To.Users {
		id := as.ID
		if i < len(as.Users) {
			id = as.Users[i].ID
		} else if several {
			id = m.mint(a.At)
		}
		p := m.known(user)
		decision := belfry.Decision{Inbox: true}
		if a.Decide != nil {
			decision = a.Decide(&belfry.Recipient{User: p.user, Preferences: p.prefs})
		}
		r := m.place(p, a, id, decision)
		if several {
			r.send = as.ID
		} else {
			out.ID = r.n.ID
		}
		out.Users = append(out.Users, belfry.AcceptedUser{ID: r.n.ID, User: user})
		if r.inbox {
			change := belfry.Change{Kind: belfry.Created, Seq: r.seq, Notification: r.n}
			out.Rings = append(out.Rings, belfry.Ring{User: user, Change: change, Own: m.tally(user, a.At).Own})
		}
	}
	return out
}

// place puts a notification where it belongs: on top of the inbox, there in place of one with the same dedupe key, or
// out of sight.
func (m *Memory) place(p *person, a *belfry.Accept, id belfry.ID, decision belfry.Decision) *note {
	r := &note{}
	for _, old := range p.notes {
		if decision.Inbox && a.Send.DedupeKey != "" && old.dedupe == a.Send.DedupeKey && old.live(a.At) {
			r, id = old, old.n.ID
		}
	}
	if r.inbox { // it moves to the top
		r.cancelAll(reasonReplaced)
		p.notes = slices.DeleteFunc(p.notes, func(x *note) bool { return x == r })
	}
	p.notes = append(p.notes, r)
	born, deliveries := r.born, r.deliveries
	for _, d := range decision.Deliveries {
		d.ID, d.NotificationID, d.User, d.CreatedAt = m.mint(a.At), id, p.user.ID, a.At
		deliveries = append(deliveries, newDelivery(d))
	}
	*r = note{n: content(a, id), born: born, dedupe: a.Send.DedupeKey, inbox: decision.Inbox, deliveries: deliveries}
	if r.inbox {
		p.seq++
		r.seq, r.last = p.seq, p.seq
		if born == 0 {
			r.born = p.seq
		}
	}
	return r
}

func (m *Memory) acceptAll(a *belfry.Accept, id belfry.ID) belfry.Accepted {
	m.bseq++
	b := &broadcast{n: content(a, id), seq: m.bseq, last: m.bseq, hidden: map[string]bool{}, touched: map[string]*touch{}}
	for user, p := range m.people {
		if !p.prefs.Allow(b.n.Category, belfry.InApp, b.n.Priority) {
			b.hidden[user] = true
		}
	}
	m.broadcasts = append(m.broadcasts, b)
	change := belfry.Change{Kind: belfry.Created, Broadcast: b.seq, Notification: b.n}
	return belfry.Accepted{ID: id, Rings: []belfry.Ring{{Change: change, Shared: m.shared(a.At)}}}
}

func content(a *belfry.Accept, id belfry.ID) belfry.Notification {
	s := a.Send
	return belfry.Notification{
		ID: id, Category: s.Category, Title: s.Title, Body: s.Body, URL: s.URL, Data: slices.Clone(s.Data), Actor: s.Actor,
		Priority: s.Priority, CreatedAt: a.At, ExpiresAt: s.ExpiresAt,
	}
}

// A held is a note and whose it is.
type held struct {
	*note
	owner *person
}

// under returns what was accepted under the id for named people and has not been removed, by user.
func (m *Memory) under(id belfry.ID) []held {
	var out []held
	for _, p := range m.people {
		for _, r := range p.notes {
			if (r.n.ID == id || r.send == id) && r.deletedAt.IsZero() {
				out = append(out, held{r, p})
			}
		}
	}
	slices.SortFunc(out, func(a, b held) int { return slices.Compare(a.n.ID[:], b.n.ID[:]) })
	return out
}

// Receipt implements [belfry.Sender].
func (m *Memory) Receipt(ctx context.Context, id belfry.ID) (belfry.Receipt, error) {
	unlock, err := m.lock(ctx, "receipt")
	if err != nil {
		return belfry.Receipt{}, err
	}
	defer unlock()
	for _, b := range m.broadcasts {
		if b.n.ID == id && b.deletedAt.IsZero() {
			return belfry.Receipt{ID: id, All: true, Notification: b.n}, nil
		}
	}
	found := m.under(id)
	if id.IsZero() || len(found) == 0 {
		return belfry.Receipt{}, belfry.ErrNotFound
	}
	out := belfry.Receipt{ID: id, Notification: found[0].n}
	if found[0].n.ID == id {
		out.User = found[0].owner.user.ID
	} else {
		n := &out.Notification
		n.ID, n.SeenAt, n.ReadAt, n.ArchivedAt = id, time.Time{}, time.Time{}, time.Time{}
	}
	for _, h := range found {
		for _, v := range h.deliveries {
			out.Deliveries = append(out.Deliveries, v.shown())
		}
	}
	return out, nil
}

// Retract implements [belfry.Sender].
func (m *Memory) Retract(ctx context.Context, id belfry.ID, at time.Time) ([]belfry.Ring, error) {
	unlock, err := m.lock(ctx, "retract")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var rings []belfry.Ring
	for _, b := range m.broadcasts {
		if b.n.ID == id && b.live(at) {
			return append(rings, m.deleteBroadcast(b, at)), nil
		}
	}
	found := slices.DeleteFunc(m.under(id), func(h held) bool { return expired(&h.n, at) })
	if id.IsZero() || len(found) == 0 {
		return nil, belfry.ErrNotFound
	}
	for _, h := range found {
		rings = append(rings, m.deleteNote(h, at, reasonRetracted)...)
	}
	return rings, nil
}

// deleteNote makes a note a Deleted entry; one that was never in the inbox makes none.
func (m *Memory) deleteNote(h held, at time.Time, reason string) []belfry.Ring {
	h.deletedAt = at
	h.cancelAll(reason)
	if !h.inbox {
		return nil
	}
	h.owner.seq++
	h.last = h.owner.seq
	user := h.owner.user.ID
	return []belfry.Ring{{User: user, Change: gone(h.n.ID, h.last, 0), Own: m.tally(user, at).Own}}
}

func (m *Memory) deleteBroadcast(b *broadcast, at time.Time) belfry.Ring {
	m.bseq++
	b.deletedAt, b.last = at, m.bseq
	return belfry.Ring{Change: gone(b.n.ID, 0, b.last), Shared: m.shared(at)}
}

func gone(id belfry.ID, seq, broadcast int64) belfry.Change {
	return belfry.Change{Kind: belfry.Deleted, Seq: seq, Broadcast: broadcast, Notification: belfry.Notification{ID: id}}
}
