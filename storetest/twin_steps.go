package storetest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// The steps of a twin's history: each draws an action, does it to the store and to the model, and compares the answers.

func (w *twin) wait() {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute, 25 * time.Hour}).Draw(w.T, "time"))
}

func (w *twin) send() {
	sends := make([]belfry.Accept, w.upTo(3))
	for i := range sends {
		users := rapid.SliceOfNDistinct(rapid.SampledFrom(everybody()[:3]), 1, 3, rapid.ID).Draw(w.T, "users")
		sends[i] = w.drawSend(belfry.ToUsers(users...))
		sends[i].Send.DedupeKey = w.pick("", "", "k", "k", "l")
		if w.mails || w.flip("decide") {
			sends[i].Decide = w.decideBy(sends[i].Send)
		}
	}
	w.accept(sends)
}

func (w *twin) broadcast() { w.accept([]belfry.Accept{w.drawSend(belfry.ToAll())}) }

func (w *twin) drawSend(to belfry.To) belfry.Accept {
	s := &belfry.Send{To: to, Category: w.category(), Title: fmt.Sprint("title ", w.upTo(1000))}
	if w.upTo(4) == 1 {
		s.Priority = belfry.Critical
	}
	if w.upTo(3) == 1 {
		s.ExpiresAt = w.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(w.T, "life"))
	}
	a := belfry.Accept{Send: s, At: w.now}
	if w.upTo(3) == 1 {
		a.IdempotencyKey, a.Fingerprint = w.pick("i", "j"), belfry.HashSecret(w.pick("x", "x", "x", "y"))
	}
	return a
}

func (w *twin) accept(sends []belfry.Accept) {
	got, err := w.store.Accept(w.t.Context(), sends)
	w.ok("accept", err)
	want, err := w.model.acceptAs(w.t.Context(), sends, got)
	w.ok("the model's accept", err)
	w.same("number of answers", len(got), len(want))
	for i := range got {
		if !w.sameErr("accept", got[i].Err, want[i].Err) {
			continue
		}
		w.sameRings(got[i].Rings, want[i].Rings)
		got[i].Rings, want[i].Rings = nil, nil
		w.same("the answer", got[i], want[i])
		w.ids = append(w.ids, got[i].ID)
		for _, u := range got[i].Users {
			w.ids = append(w.ids, u.ID)
		}
	}
	for i := range got {
		if !got[i].Replayed {
			w.adopt(got[i])
		}
	}
}

// sameRings compares rings; their parts of the counts only where these mean something.
func (w *twin) sameRings(got, want []belfry.Ring) {
	w.Helper()
	byUser := func(rings []belfry.Ring) []belfry.Ring {
		rings = slices.Clone(rings)
		for i := range rings {
			if r := &rings[i]; w.pending() || r.User != "" && !w.model.tally(r.User, w.now).Plain {
				r.Own, r.Shared = belfry.Counts{}, belfry.Counts{}
			}
		}
		return rings
	}
	w.same("the rings", byUser(got), byUser(want))
}

func (w *twin) drawMark() belfry.Mark {
	m := belfry.Mark{User: w.user(), At: w.now}
	for _, state := range []**bool{&m.Set.Seen, &m.Set.Read, &m.Set.Archived} {
		switch w.upTo(5) {
		case 1, 2:
			*state = new(true)
		case 3:
			*state = new(false)
		}
	}
	return m
}

func (w *twin) mark() {
	m := w.drawMark()
	for range w.upTo(5) {
		m.IDs = append(m.IDs, w.id())
	}
	got, err := w.store.Mark(w.t.Context(), m)
	w.ok("mark", err)
	w.sameMarked(m, got)
}

// readOne is what people do most.
func (w *twin) readOne() {
	m := belfry.Mark{User: w.user(), Set: belfry.StateChange{Read: new(true)}, At: w.now, IDs: []belfry.ID{w.id()}}
	got, err := w.store.Mark(w.t.Context(), m)
	w.ok("read", err)
	w.sameMarked(m, got)
}

func (w *twin) sameMarked(m belfry.Mark, got belfry.Marked) {
	w.Helper()
	want, err := w.model.Mark(w.t.Context(), m)
	w.ok("the model's mark", err)
	w.same("the changes", got.Changes, want.Changes)
	w.same("the cursor", got.Cursor, want.Cursor)
	w.sameTally("the tally", got.Tally, want.Tally)
}

// markAll lets the store choose the order, and which are first where there is a limit; the model then marks the same.
func (w *twin) markAll() {
	m := w.drawMark()
	m.All, m.Category = true, w.category("", "")
	if w.flip("up to") {
		m.UpTo = w.position()
	}
	if w.flip("limit") {
		m.Limit = w.upTo(4)
	}
	open := map[belfry.ID]bool{}
	for _, r := range w.model.marked(&m) {
		if set(&r.n, m.Set, m.At) {
			open[r.n.ID] = true
		}
	}
	got, err := w.store.Mark(w.t.Context(), m)
	w.ok("mark all", err)
	named := belfry.Mark{User: m.User, Set: m.Set, At: m.At}
	for _, c := range got.Changes {
		w.same(fmt.Sprintf("whether %v was to be changed", c.Notification.ID), open[c.Notification.ID], true)
		named.IDs = append(named.IDs, c.Notification.ID)
	}
	want := len(open)
	if m.Limit > 0 {
		want = min(want, m.Limit)
	}
	w.same("number of changes", len(got.Changes), want)
	if len(open) > want || want < m.Limit || m.Limit == 0 { // between them, the store need not know
		w.same("more", got.More, len(open) > want)
	}
	w.sameMarked(named, got)
}

func (w *twin) position() *belfry.Position {
	head := w.model.head(w.model.look(everybody()[0]))
	return &belfry.Position{
		Seq:       rapid.Int64Range(0, head.Seq+1).Draw(w.T, "seq"),
		Broadcast: rapid.Int64Range(0, head.Broadcast+1).Draw(w.T, "broadcast"),
	}
}

func (w *twin) retract() {
	id := w.id()
	got, err := w.store.Retract(w.t.Context(), id, w.now)
	want, wantErr := w.model.Retract(w.t.Context(), id, w.now)
	if w.sameErr("retract", err, wantErr) {
		byUser := func(a, b belfry.Ring) int { return slices.Compare([]byte(a.User), []byte(b.User)) }
		slices.SortFunc(got, byUser)
		slices.SortFunc(want, byUser)
		w.sameRings(got, want)
	}
}

// expire lets the store choose the order; the model then removes the same.
func (w *twin) expire() {
	for range 1000 {
		limit := w.upTo(3)
		rings, next, err := w.store.Expire(w.t.Context(), w.now, limit)
		w.ok("expire", err)
		if len(rings) > limit {
			w.Fatalf("a step of %d removed %d", limit, len(rings))
		}
		for _, r := range rings {
			w.expireOne(r)
		}
		if !next.IsZero() && !next.After(w.now) {
			continue
		}
		for _, d := range w.model.dues() {
			if !d.at.After(w.now) {
				w.same("rings for what is left", len(w.model.expire(d, w.now)), 0)
			} else if next.IsZero() || next.After(d.at) {
				w.Fatalf("the next is due at %v, and the store says %v", d.at, next)
			}
		}
		w.same("whether nothing is due", next.IsZero(), len(w.model.dues()) == 0)
		return
	}
	w.Fatalf("at %v, expire has no end", w.now)
}

func (w *twin) expireOne(r belfry.Ring) {
	w.Helper()
	for _, d := range w.model.dues() {
		if d.id == r.Change.Notification.ID && !d.at.After(w.now) {
			w.sameRings([]belfry.Ring{r}, w.model.expire(d, w.now))
			return
		}
	}
	w.Fatalf("the store expired %+v, which is not due at %v", r, w.now)
}

func (w *twin) prefer() {
	p := belfry.Preferences{}
	for range w.upTo(3) - 1 {
		p[w.category(belfry.AnyCategory)] = map[belfry.Channel]bool{belfry.InApp: w.flip("in app"), belfry.Email: w.flip("email")}
	}
	user := w.user()
	w.ok("the model's set preferences", w.model.SetPreferences(w.t.Context(), user, p))
	w.ok("set preferences", w.store.SetPreferences(w.t.Context(), user, p))
	got, err := w.store.Preferences(w.t.Context(), user)
	w.ok("preferences", err)
	w.same("the preferences", got, p)
}

func (w *twin) putUser() {
	u := belfry.User{ID: everybody()[w.upTo(3)-1], Name: w.pick("A", "B"), Email: w.pick("", "a@example.com")}
	w.ok("the model's put user", w.model.PutUser(w.t.Context(), u))
	w.ok("put user", w.store.PutUser(w.t.Context(), u))
}

// erase lets those load anew who stood at 0 and to whom something was muted: that it is there again, no log tells them.
func (w *twin) erase() {
	user := w.user()
	muted := slices.ContainsFunc(w.model.broadcasts, func(b *broadcast) bool { return b.hidden[user] })
	err, wantErr := w.store.EraseUser(w.t.Context(), user), w.model.EraseUser(w.t.Context(), user)
	w.sameErr("erase "+user, err, wantErr)
	for i, m := range w.mirrors {
		if muted && m.user == user && m.at.Seq == 0 {
			w.mirrors[i] = w.load(user)
		}
	}
}

// prune forgets what it removes in the mirrors too: of that, no log tells.
func (w *twin) prune() {
	before := w.now.Add(-rapid.SampledFrom([]time.Duration{-time.Millisecond, time.Second, 25 * time.Hour}).Draw(w.T, "age"))
	for range 1000 {
		_, more, err := w.store.Prune(w.t.Context(), before, w.now, w.upTo(5))
		w.ok("prune", err)
		if more {
			continue
		}
		there := map[belfry.ID]bool{}
		w.each(func(id belfry.ID) { there[id] = true })
		_, _, err = w.model.Prune(w.t.Context(), before, w.now, 1_000_000)
		w.ok("the model's prune", err)
		w.each(func(id belfry.ID) { delete(there, id) })
		for _, m := range w.mirrors {
			maps.DeleteFunc(m.rows, func(id belfry.ID, _ belfry.Notification) bool { return there[id] })
		}
		return
	}
	w.Fatalf("before %v, prune has no end", before)
}

// each names everything that the model holds and that has not been deleted.
func (w *twin) each(name func(belfry.ID)) {
	for _, p := range w.model.people {
		for _, r := range p.notes {
			if r.deletedAt.IsZero() {
				name(r.n.ID)
			}
		}
	}
	for _, b := range w.model.broadcasts {
		if b.deletedAt.IsZero() {
			name(b.n.ID)
		}
	}
}

func (w *twin) list() {
	filters := []belfry.Filter{belfry.FilterInbox, belfry.FilterUnread, belfry.FilterRead, belfry.FilterArchived, belfry.FilterAll}
	q := belfry.ListQuery{
		User: w.user(), Filter: rapid.SampledFrom(filters).Draw(w.T, "filter"), Category: w.category("", ""), Limit: w.upTo(4), Now: w.now,
	}
	if w.flip("before") {
		q.Before = w.position()
	}
	if w.flip("after") {
		q.After = w.position()
	}
	own := q
	for range 1000 { // each goes on from its own places, and must come to the same
		p, err := w.store.List(w.t.Context(), own)
		w.ok("list", err)
		want, err := w.model.List(w.t.Context(), q)
		w.ok("the model's list", err)
		w.same(fmt.Sprintf("a page of %+v", q), p.Results, want.Results)
		w.same("whether there is a next page", p.Next != nil, want.Next != nil)
		if p.Next == nil {
			return
		}
		own.Before, q.Before = p.Next, want.Next
	}
	w.Fatalf("the pages of %+v have no end", q)
}

func (w *twin) find() {
	user, id := w.user(), w.id()
	got, err := w.store.Find(w.t.Context(), user, id, w.now)
	want, wantErr := w.model.Find(w.t.Context(), user, id, w.now)
	w.sameErr("find", err, wantErr)
	w.same("what is found", got, want)

	receipt, err := w.store.Receipt(w.t.Context(), id)
	wanted, wantErr := w.model.Receipt(w.t.Context(), id)
	w.sameErr("receipt", err, wantErr)
	w.same("the receipt", receipt, wanted)

	u, err := w.store.User(w.t.Context(), user)
	known, wantErr := w.model.User(w.t.Context(), user)
	w.sameErr("user", err, wantErr)
	w.same("the user", u, known)
}

func (w *twin) ticket() {
	ticket := belfry.Ticket{Hash: belfry.HashSecret(fmt.Sprint(len(w.model.tickets), w.now)), User: w.user(), ExpiresAt: w.now.Add(time.Second)}
	if w.flip("add") {
		w.ok("add ticket", w.store.AddTicket(w.t.Context(), ticket))
		w.ok("the model's add ticket", w.model.AddTicket(w.t.Context(), ticket))
	}
	for _, t := range append(slices.Clone(w.model.tickets), ticket)[:1] {
		got, err := w.store.TakeTicket(w.t.Context(), t.Hash, w.now)
		want, wantErr := w.model.TakeTicket(w.t.Context(), t.Hash, w.now)
		w.sameErr("take ticket", err, wantErr)
		w.same("the ticket", got, want)
	}
}
