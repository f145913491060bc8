package conformance

import (
	"fmt"
	"net/http"
)

func resumeCases() []Case {
	return []Case{
		{Name: "resume: from every cursor of a sequence", Run: resumeEverywhere},
		{Name: "resume: by header", Run: func(t *T) {
			resumes(t, func(p *person, cursor string) *listener { return p.resume(cursor) })
		}},
		{Name: "resume: by query", Run: func(t *T) {
			resumes(t, func(p *person, cursor string) *listener { return p.listen("last_event_id="+cursor, nil) })
		}},
		{Name: "resume: the header goes before the query", Run: func(t *T) {
			resumes(t, func(p *person, cursor string) *listener {
				return p.listen("last_event_id=0-0-0", map[string]string{"Last-Event-ID": cursor})
			})
		}},
		{Name: "resume: an empty id is none", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			l := p.listen("last_event_id=", nil)
			equal(t, "resumed", any(false), l.first.data["resumed"])
			l.quiet(p)
		}},
		{Name: "resume: from the end brings nothing and is resumed", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			l := p.resume(p.cursor())
			equal(t, "resumed", any(true), l.first.data["resumed"])
			l.quiet(p)
		}},
	}
}

// awayCases: what happened while nobody listened comes as it is when somebody does again.
func awayCases() []Case {
	return []Case{
		{Name: "resume: what was read meanwhile comes as it is now", Run: func(t *T) {
			p := t.person()
			cursor := p.cursor()
			id := p.send("A", nil)
			p.patch(id, obj{"read": true})
			l := p.resume(cursor)
			if n := l.wantNote("message", id); n.ReadAt == nil {
				t.Errorf("want it read, got %s", n.raw)
			}
			l.quiet(p)
		}},
		{Name: "resume: what was known and changed meanwhile is one update", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			cursor := p.cursor()
			for _, set := range []obj{{"read": true}, {"seen": true}, {"read": false}, {"archived": true}} {
				p.patch(id, set)
			}
			l := p.resume(cursor)
			equal(t, "states", "seen true, read false, archived true", l.wantNote("update", id).stamps())
			l.quiet(p)
		}},
		{Name: "resume: what was known and retracted meanwhile is a delete", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			cursor := p.cursor()
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			l := p.resume(cursor)
			equal(t, "id", id, l.want("delete").text("id"))
			l.quiet(p)
		}},
		{Name: "resume: what came and went meanwhile does no harm", Run: func(t *T) {
			p := t.person()
			cursor := p.cursor()
			id := p.send("A", nil)
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			after := p.send("B", nil)
			l := p.resume(cursor)
			e := l.want2("message", "delete")
			if e.Name == "delete" {
				equal(t, "id", id, e.text("id"))
				e = l.want("message")
			}
			equal(t, "id", after, e.text("id"))
		}},
		{Name: "resume: counts are told at the start", Run: func(t *T) {
			p := t.person()
			cursor := p.cursor()
			p.send("A", nil)
			p.send("B", nil)
			e := p.resume(cursor).first
			equal(t, "counts", counts{2, 2}, counts{e.number("unread"), e.number("unseen")}.minus(p.base))
		}},
		{Name: "resume: a thousand entries, each once and in order", Run: func(t *T) {
			p := t.person()
			cursor := p.cursor()
			sends := make([]any, 1000)
			for i := range sends {
				sends[i] = p.body(fmt.Sprint("A", i), nil)
			}
			results := t.bulk(sends)
			l := p.resume(cursor)
			for _, r := range results {
				l.wantNote("message", r.ID)
			}
			l.quiet(p)
		}},
		{Name: "resume: from far behind is whole or a reset", Run: resumeFar},
	}
}

// resumes leaves a stream, lets two notifications pass, and wants both from the stream that continues it.
func resumes(t *T, open func(p *person, cursor string) *listener) {
	p := t.person()
	l := p.listen("", nil)
	p.send("A", nil)
	cursor := l.want("message").ID
	b, c := p.send("B", nil), p.send("C", nil)
	again := open(p, cursor)
	if again.first.data["resumed"] != true {
		t.Fatalf("the stream was not resumed from %s: %s", cursor, again.first.Data)
	}
	again.wantNote("message", b)
	again.wantNote("message", c)
	again.quiet(p)
}

// resumeEverywhere makes a log of every kind of entry and resumes from each of its cursors: what comes must bring a page
// that stood at the cursor to where the list is now.
func resumeEverywhere(t *T) {
	p := t.person()
	l := p.listen("", nil)
	cursors, states := []string{l.first.ID}, []map[string]string{{}}
	step := func(act func()) {
		act()
		e := l.want3("message", "update", "delete")
		cursors = append(cursors, e.ID)
		states = append(states, p.snapshot())
	}
	var a, b string
	step(func() { a = p.send("A", nil) })
	step(func() { b = p.send("B", nil) })
	step(func() { p.patch(a, obj{"read": true}) })
	step(func() { p.send("C", obj{"dedupe_key": "k"}) })
	step(func() { p.patch(b, obj{"seen": true}) })
	step(func() { p.send("D", obj{"dedupe_key": "k"}) })
	step(func() { t.app(http.MethodDelete, notificationPath(a), nil).is(http.StatusNoContent) })
	step(func() { p.patch(b, obj{"archived": true}) })
	step(func() { p.send("E", nil) })
	now := p.snapshot()
	for i, cursor := range cursors {
		state := states[i]
		again := p.resume(cursor)
		if again.first.data["resumed"] != true {
			t.Fatalf("the stream was not resumed from %s: %s", cursor, again.first.Data)
		}
		end := p.send("sentinel", obj{"category": "c" + unique()})
		again.follow(state, end)
		sameInbox(t, "inbox after resuming from "+cursor, now, state)
		t.app(http.MethodDelete, notificationPath(end), nil).is(http.StatusNoContent)
	}
}

// resumeFar: more than a server may want to replay.
func resumeFar(t *T) {
	const batches = 6
	p := t.person()
	cursor := p.cursor()
	for range batches {
		sends := make([]any, 1000)
		for i := range sends {
			sends[i] = p.body("A", nil)
		}
		t.bulk(sends)
	}
	l := p.resume(cursor)
	e := l.want2("message", "reset")
	if e.Name == "reset" {
		equal(t, "reason", "backlog", e.text("reason"))
		equal(t, "place", position(cursor)+batches*1000, position(e.text("cursor")))
		equal(t, "id", e.text("cursor"), e.ID)
		l.quiet(p)
		return
	}
	for i := 1; i <= batches*1000; i++ {
		if position(e.ID) != position(cursor)+i {
			t.Fatalf("place: want %d, got %s", position(cursor)+i, e.ID)
		}
		if i < batches*1000 {
			e = l.want("message")
		}
	}
}
