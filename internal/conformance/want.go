package conformance

import (
	"encoding/json"
	"fmt"
	"time"
)

// want returns the next event and ends the case unless it has this name. Heartbeats and, unless they are wanted, counts
// are passed over: the contract does not say between which events they come.
func (l *listener) want(name string) event { return l.wantWithin(name, patience) }

func (l *listener) wantWithin(name string, within time.Duration) event {
	for end := time.Now().Add(within); ; {
		e, ok := l.next(time.Until(end))
		switch {
		case !ok:
			l.t.Fatalf("want an event of name %q, got the end of the stream", name)
		case e.Name == name:
			return e
		case e.Name == "heartbeat", e.Name == "counts":
		default:
			l.t.Fatalf("want an event of name %q, got %q with data %s", name, e.Name, short(e.Data))
		}
	}
}

// wantNote wants a notification of this id by an event of this name.
func (l *listener) wantNote(name, id string) note {
	e := l.want(name)
	var n note
	if err := json.Unmarshal([]byte(e.Data), &n); err != nil {
		l.t.Fatalf("read the notification of an event of name %q: %v", name, err)
	}
	if n.ID != id {
		l.t.Fatalf("event of name %q: want notification %s, got %s %q", name, id, n.ID, n.Title)
	}
	return n
}

// wantCounts waits until these are the counts that the stream told last. It may have told them among the events before:
// when several changes are one act, their counts may come with the first of them.
func (l *listener) wantCounts(base counts, unread, unseen int) {
	want := counts{unread, unseen}
	for end := time.Now().Add(patience); l.told.minus(base) != want; {
		e, ok := l.next(time.Until(end))
		switch {
		case !ok:
			l.t.Fatalf("want counts of %+v, got the end of the stream (told %+v)", want, l.told.minus(base))
		case e.Name != "counts" && e.Name != "heartbeat":
			l.t.Fatalf("want counts of %+v, got %q %s (told %+v)", want, e.Name, short(e.Data), l.told.minus(base))
		}
	}
}

// wantEnd wants the stream to end now.
func (l *listener) wantEnd() {
	if e, ok := l.next(patience); ok {
		l.t.Fatalf("want the end of the stream, got %q %s", e.Name, short(e.Data))
	}
}

// wantClose wants a close event of this reason, then the end.
func (l *listener) wantClose(reason string) event {
	e := l.want("close")
	equal(l.t, "reason of close", reason, e.text("reason"))
	l.wantEnd()
	return e
}

// quiet proves that nothing but this send lies between what was read and now: it sends and wants that next.
func (l *listener) quiet(p *person) {
	title := fmt.Sprintf("sentinel %s", unique())
	l.wantNote("message", p.send(title, nil))
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
