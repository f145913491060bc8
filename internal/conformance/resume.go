package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// want2 wants an event of one of two names.
func (l *listener) want2(a, b string) event {
	for {
		e, ok := l.next(patience)
		switch {
		case !ok:
			l.t.Fatalf("want %q or %q, got the end of the stream", a, b)
		case e.Name == a, e.Name == b:
			return e
		case e.Name != "heartbeat" && e.Name != "counts":
			l.t.Fatalf("want %q or %q, got %q %s", a, b, e.Name, short(e.Data))
		}
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

func (l *listener) want3(a, b, c string) event {
	e, ok := l.next(patience)
	for ok && (e.Name == "counts" || e.Name == "heartbeat") {
		e, ok = l.next(patience)
	}
	if !ok || e.Name != a && e.Name != b && e.Name != c {
		l.t.Fatalf("want %q, %q or %q, got %q %s", a, b, c, e.Name, short(e.Data))
	}
	return e
}

// snapshot is all of what the case sent that stands in the inbox, archived or not: by id, as the wire shows it.
func (p *person) snapshot() map[string]string {
	state := map[string]string{}
	for _, n := range p.list("state=all&limit=200").Results {
		state[n.ID] = n.raw
	}
	return state
}

// sameInbox compares two snapshots and shows where they differ.
func sameInbox(t *T, what string, want, got map[string]string) {
	for id, n := range want {
		if got[id] != n {
			t.Errorf("%s: want %s, got %q", what, short(n), short(got[id]))
		}
	}
	for id, n := range got {
		if want[id] == "" {
			t.Errorf("%s: too much: %s", what, short(n))
		}
	}
}

// follow does to a state what the stream says, up to a notification, as a page does.
func (l *listener) follow(state map[string]string, end string) {
	seen := map[string]bool{}
	for {
		e := l.want3("message", "update", "delete")
		if seen[e.ID] {
			l.t.Errorf("the id %s came twice", e.ID)
		}
		seen[e.ID] = true
		id := e.text("id")
		switch {
		case id == end:
			return
		case e.Name == "delete":
			delete(state, id)
		default:
			state[id] = e.Data
		}
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

// resetCases: a cursor that can't be continued is told so, with one that can.
func resetCases() []Case {
	move := func(by int) func(string) string {
		return func(cursor string) string {
			parts := strings.Split(cursor, "-")
			return parts[0] + "-" + strconv.Itoa(position(cursor)+by) + "-" + parts[2]
		}
	}
	var cases []Case
	for name, change := range map[string]func(string) string{
		"of another database":           func(c string) string { return "zz9" + c[strings.Index(c, "-"):] },
		"ahead of the log":              move(1),
		"far ahead of the log":          move(1_000_000_000),
		"ahead in the broadcasts":       func(c string) string { return c[:strings.LastIndex(c, "-")] + "-999999999" },
		"a word":                        func(string) string { return "latest" },
		"a number":                      func(string) string { return "42" },
		"two parts":                     func(c string) string { return c[:strings.LastIndex(c, "-")] },
		"four parts":                    func(c string) string { return c + "-1" },
		"negative":                      func(c string) string { return c[:strings.Index(c, "-")] + "--1-0" },
		"with a plus":                   func(c string) string { return c[:strings.Index(c, "-")] + "-+1-0" },
		"with letters for numbers":      func(c string) string { return c[:strings.Index(c, "-")] + "-a-b" },
		"with numbers beyond 64 bits":   func(c string) string { return c[:strings.Index(c, "-")] + "-99999999999999999999-0" },
		"of 5,000 characters":           func(string) string { return strings.Repeat("9", 5000) },
		"not ASCII":                     func(c string) string { return "é" + c },
		"with a NUL":                    func(c string) string { return c + "\x00" },
		"a piece of markup":             func(string) string { return `<script>"'` },
		"with spaces in it":             func(c string) string { return strings.ReplaceAll(c, "-", " - ") },
		"an id of a notification":       func(string) string { return unknownID },
		"in capitals, of another epoch": func(string) string { return "EPOCH-1-1" },
	} {
		cases = append(cases, Case{Name: "reset: a cursor " + name, Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			head := p.cursor()
			l := p.open("last_event_id="+url.QueryEscape(change(head)), nil)
			first := l.want("connection")
			equal(t, "resumed", any(false), first.data["resumed"])
			e := l.want("reset")
			exactly(t, "reset", e.data, "reason", "cursor")
			equal(t, "reason", "epoch", e.text("reason"))
			equal(t, "cursor", head, e.text("cursor"))
			equal(t, "id", head, e.ID)
			l.quiet(p)
		}})
	}
	return cases
}
