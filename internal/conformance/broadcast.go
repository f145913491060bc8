package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// broadcast sends to everyone, retracts at the end, and returns the id.
func (t *T) broadcast(p *person, title string, more obj) string {
	body := p.body(title, more)
	body["to"] = obj{"all": true}
	var s sent
	a := t.app(http.MethodPost, notificationsPath, body).is(http.StatusCreated)
	a.into(&s)
	t.Cleanup(func() {
		t.app(http.MethodDelete, notificationPath(s.ID), nil).is(http.StatusNoContent, http.StatusNotFound)
	})
	equal(t, "accepted", 1, s.Accepted)
	equal(t, "notifications", 0, len(s.Notifications))
	return s.ID
}

func broadcastPosition(cursor string) string { return cursor[strings.LastIndex(cursor, "-")+1:] }

// broadcastCases run one at a time: everybody sees what they send.
func broadcastCases() []Case {
	cases := append(reachCases(), stateCases()...)
	for i := range cases {
		cases[i].Alone = true
	}
	return cases
}

func reachCases() []Case {
	return []Case{
		{Name: "broadcast: reaches who is known and who is not", Run: func(t *T) {
			p, stranger := t.person(), t.stranger()
			stranger.category = p.category
			p.send("A", nil)
			id := t.broadcast(p, "B", nil)
			for _, q := range []*person{p, stranger} {
				if ids := q.ids(""); len(ids) == 0 || ids[0] != id {
					t.Errorf("list: want %s first, got %v", id, ids)
				}
			}
			p.wantCounts(2, 2)
			stranger.wantCounts(1, 1)
			late := t.stranger()
			late.category = p.category
			equal(t, "rows of one who comes later", 1, len(late.ids("")))
		}},
		{Name: "broadcast: comes by every stream, with the second position", Run: broadcastLive},
		{Name: "broadcast: counts are told to every stream", Run: func(t *T) {
			p, q := t.person(), t.person()
			a, b := p.listen("", nil), q.listen("", nil)
			q.send("A", nil)
			b.want("message")
			t.broadcast(p, "B", nil)
			a.want("message")
			b.want("message")
			a.wantCounts(p.base, 1, 1)
			b.wantCounts(q.base, 2, 2)
		}},
	}
}

func stateCases() []Case {
	return []Case{
		{Name: "broadcast: a state is one person's", Run: func(t *T) {
			p, q := t.person(), t.person()
			q.category = p.category
			id := t.broadcast(p, "B", nil)
			l := p.listen("", nil)
			p.patch(id, obj{"read": true})
			l.wantNote("update", id)
			p.wantCounts(0, 1)
			q.wantCounts(1, 1)
			equal(t, "states for the other", "seen false, read false, archived false", q.list("").Results[0].stamps())
		}},
		{Name: "broadcast: mark all covers it", Run: func(t *T) {
			p := t.person()
			t.broadcast(p, "B", nil)
			p.send("A", nil)
			p.wantMark(obj{"state": "read", "all": true, "category": p.category}, 2, 0, 2)
			p.patch(p.ids("")[0], obj{"archived": true})
			equal(t, "rows", 1, len(p.ids("")))
		}},
		{Name: "broadcast: archived by one, it stays for the other", Run: func(t *T) {
			p, q := t.person(), t.person()
			q.category = p.category
			id := t.broadcast(p, "B", nil)
			p.patch(id, obj{"archived": true})
			equal(t, "rows", 0, len(p.ids("")))
			equal(t, "archived rows", 1, len(p.ids("state=archived")))
			equal(t, "rows of the other", 1, len(q.ids("")))
			p.wantCounts(0, 0)
		}},
		{Name: "broadcast: retracted, it is gone for everyone", Run: broadcastRetract},
		{Name: "broadcast: its receipt names nobody", Run: func(t *T) {
			p := t.person()
			id := t.broadcast(p, "B", nil)
			_, o := t.receipt(id)
			equal(t, "user_id", any(nil), o["user_id"])
			equal(t, "title", any("B"), o["title"])
		}},
		{Name: "broadcast: who was away gets it on resuming", Run: func(t *T) {
			p := t.person()
			cursor := p.cursor()
			id := t.broadcast(p, "B", nil)
			own := p.send("A", nil)
			l := p.resume(cursor)
			l.wantNote("message", id)
			l.wantNote("message", own)
			l.quiet(p)
		}},
		{Name: "broadcast: every cursor between own and all resumes without gap or double", Run: broadcastResume},
		{Name: "broadcast: a muted category does not come, critical does", Run: broadcastMuted},
		{Name: "broadcast: pages hold own and all in one order", Run: broadcastPages},
		{Name: "broadcast: expires for everyone", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := t.broadcast(p, "B", obj{"expires_at": in(3 * time.Second)})
			l.wantNote("message", id)
			equal(t, "id of delete", id, l.want("delete").text("id"))
			p.wantCounts(0, 0)
		}},
		{Name: "broadcast: an idempotency key makes it one", Run: func(t *T) {
			p, key := t.person(), unique()
			body := p.body("B", obj{"to": obj{"all": true}})
			first := t.keyed(key, body).is(http.StatusCreated)
			id, _ := first.object()["id"].(string)
			t.Cleanup(func() { t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent) })
			equal(t, "answer", string(first.body), string(t.keyed(key, body).is(http.StatusCreated).body))
			p.wantCounts(1, 1)
		}},
	}
}

func broadcastLive(t *T) {
	p, q := t.person(), t.person()
	a, b := p.listen("", nil), q.listen("", nil)
	p.send("A", nil)
	a.want("message")
	id := t.broadcast(p, "B", nil)
	for _, l := range []*listener{a, b} {
		e := l.want("message")
		equal(t, "id", id, e.text("id"))
		if broadcastPosition(e.ID) == broadcastPosition(l.first.ID) {
			t.Errorf("the id %s has not moved in the broadcasts since %s", e.ID, l.first.ID)
		}
	}
	p.send("one more", nil)
	equal(t, "cursor after both logs moved", p.cursor(), a.want("message").ID)
}

func broadcastRetract(t *T) {
	p, q := t.person(), t.person()
	q.category = p.category
	id := t.broadcast(p, "B", nil)
	p.patch(id, obj{"read": true})
	a, b := p.listen("", nil), q.listen("", nil)
	t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
	for _, l := range []*listener{a, b} {
		equal(t, "id of delete", id, l.want("delete").text("id"))
	}
	for _, x := range []*person{p, q} {
		equal(t, "rows", 0, len(x.ids("state=all")))
		x.wantCounts(0, 0)
	}
	t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNotFound)
	a.quiet(p)
}

func broadcastResume(t *T) {
	p := t.person()
	l := p.listen("", nil)
	cursors, states := []string{l.first.ID}, []map[string]string{{}}
	step := func(act func()) {
		act()
		e := l.want3("message", "update", "delete")
		cursors, states = append(cursors, e.ID), append(states, p.snapshot())
	}
	var b string
	step(func() { p.send("A", nil) })
	step(func() { b = t.broadcast(p, "B", nil) })
	step(func() { p.send("C", nil) })
	step(func() { p.patch(b, obj{"read": true}) })
	step(func() { t.broadcast(p, "D", nil) })
	step(func() { t.app(http.MethodDelete, notificationPath(b), nil).is(http.StatusNoContent) })
	now := p.snapshot()
	for i, cursor := range cursors {
		again := p.resume(cursor)
		equal(t, "resumed from "+cursor, any(true), again.first.data["resumed"])
		end := p.send("sentinel", obj{"category": "c" + unique()})
		again.follow(states[i], end)
		sameInbox(t, "inbox after resuming from "+cursor, now, states[i])
		t.app(http.MethodDelete, notificationPath(end), nil).is(http.StatusNoContent)
	}
}

func broadcastMuted(t *T) {
	p := t.person()
	p.prefer(obj{p.category: obj{"in_app": false}})
	l := p.listen("", nil)
	t.broadcast(p, "B", nil)
	id := t.broadcast(p, "C", obj{"priority": "critical"})
	l.wantNote("message", id)
	if ids := p.ids(""); len(ids) != 1 || ids[0] != id {
		t.Errorf("list: want only the critical %s, got %v", id, ids)
	}
	p.wantCounts(1, 1)
	other := p.send("D", obj{"priority": "critical"})
	l.wantNote("message", other)
	l.wantCounts(p.base, 2, 2)
}

// broadcastPages: of what was sent within one millisecond either may be the newer, but in every walk the same.
func broadcastPages(t *T) {
	p := t.person()
	for i := range 4 {
		p.send(fmt.Sprint("A", i), nil)
		t.broadcast(p, fmt.Sprint("B", i), nil)
	}
	want := p.list("").Results
	equal(t, "rows", 8, len(want))
	for i := 1; i < len(want); i++ {
		if *want[i-1].CreatedAt < *want[i].CreatedAt {
			t.Errorf("row %d of %s stands before a newer one of %s", i-1, *want[i-1].CreatedAt, *want[i].CreatedAt)
		}
	}
	for limit := 1; limit <= 4; limit++ {
		var got []note
		l := p.list(fmt.Sprint("limit=", limit))
		for got = l.Results; l.Next != nil && len(got) <= len(want); got = append(got, l.Results...) {
			l = p.list(fmt.Sprintf("limit=%d&before=%s", limit, *l.Next))
		}
		equal(t, fmt.Sprint("titles in a walk by ", limit), titles(want), titles(got))
	}
}

func titles(notes []note) string {
	var s []string
	for _, n := range notes {
		s = append(s, n.Title)
	}
	return strings.Join(s, " ")
}
