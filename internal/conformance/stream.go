package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

func streamCases() []Case {
	return []Case{
		{Name: "stream: headers", Run: func(t *T) {
			h := t.person().listen("", nil).header
			if kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); kind != "text/event-stream" {
				t.Errorf("Content-Type: got %q", h.Get("Content-Type"))
			}
			for _, word := range []string{"no-cache", "no-transform"} {
				if !strings.Contains(h.Get("Cache-Control"), word) {
					t.Errorf("Cache-Control: want %s, got %q", word, h.Get("Cache-Control"))
				}
			}
			equal(t, "X-Accel-Buffering", "no", h.Get("X-Accel-Buffering"))
			equal(t, "Content-Encoding", "", h.Get("Content-Encoding"))
			if h.Get("X-Request-Id") == "" {
				t.Errorf("the stream has no X-Request-Id")
			}
		}},
		{Name: "stream: says how long to wait before anything else", Run: func(t *T) {
			l := t.person().listen("", nil)
			if !strings.HasPrefix(l.bytes(), "retry: ") && !strings.HasPrefix(l.bytes(), "retry:") {
				t.Errorf("want retry first, got %q", short(l.bytes()))
			}
			if l.first.Retry < 500*time.Millisecond || l.first.Retry > 10*time.Minute {
				t.Errorf("retry: got %v", l.first.Retry)
			}
		}},
		{Name: "stream: retry is spread", Run: func(t *T) {
			p := t.person()
			seen := map[time.Duration]bool{}
			for range 6 {
				seen[p.listen("", nil).first.Retry] = true
			}
			if len(seen) < 2 {
				t.Errorf("six streams were all told %v", seen)
			}
		}},
		{Name: "stream: the connection event", Run: connection},
		{Name: "stream: a new notification has no event field", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", nil)
			l.wantNote("message", id)
			if frame := frameOf(l.bytes(), id); strings.Contains(frame, "event:") || !strings.Contains(frame, "\nid:") && !strings.HasPrefix(frame, "id:") {
				t.Errorf("want a frame with id and without event, got %q", short(frame))
			}
		}},
		{Name: "stream: ids are cursors that count", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			last := l.first.ID
			for i := range 5 {
				p.send(fmt.Sprint("A", i), nil)
				e := l.want("message")
				if !isCursor(e.ID) || position(e.ID) != position(last)+1 {
					t.Fatalf("id: want one entry after %q, got %q", last, e.ID)
				}
				last = e.ID
			}
			equal(t, "cursor of the list", p.list("").Cursor, last)
		}},
		{Name: "stream: order is the order of sending", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			var ids []string
			for i := range 30 {
				ids = append(ids, p.send(fmt.Sprint("A", i), nil))
			}
			for _, id := range ids {
				l.wantNote("message", id)
			}
		}},
	}
}

func eventCases() []Case {
	return []Case{
		{Name: "stream: a change of state is an update with the whole notification", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			l := p.listen("", nil)
			for _, set := range []obj{{"seen": true}, {"read": true}, {"archived": true}, {"archived": false}} {
				want := p.patch(id, set)
				equal(t, "update after "+bodyText(set), want.raw, l.wantNote("update", id).raw)
			}
		}},
		{Name: "stream: what changes nothing tells nothing", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			p.patch(id, obj{"read": true})
			l := p.listen("", nil)
			p.patch(id, obj{"read": true})
			p.mark(obj{"state": "read", "ids": []string{id}})
			l.quiet(p)
		}},
		{Name: "stream: counts follow what changes them", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", nil)
			l.want("message")
			l.wantCounts(p.base, 1, 1)
			p.patch(id, obj{"read": true})
			l.want("update")
			l.wantCounts(p.base, 0, 1)
			p.patch(id, obj{"seen": true})
			l.want("update")
			l.wantCounts(p.base, 0, 0)
		}},
		{Name: "stream: counts have their two members and do not move the cursor", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.send("A", nil)
			cursor := l.want("message").ID
			e := l.want("counts")
			exactly(t, "counts", e.data, "unread", "unseen")
			equal(t, "last event id", cursor, e.ID)
		}},
		{Name: "stream: another person's events do not come", Run: func(t *T) {
			p, q := t.person(), t.person()
			l := p.listen("", nil)
			q.send("B", nil)
			l.quiet(p)
		}},
	}
}

func streamOptionCases() []Case {
	return []Case{
		{Name: "stream: by ?named=1 notifications come by name", Run: func(t *T) {
			p := t.person()
			l := p.listen("named=1", nil)
			id := p.send("A", nil)
			l.wantNote("notification", id)
			p.patch(id, obj{"read": true})
			l.wantNote("update", id)
		}},
		{Name: "stream: ?batch gathers and loses nothing", Run: func(t *T) { batch(t, "batch=250") }},
		{Name: "stream: ?batch=0 and 1000 are allowed", Run: func(t *T) {
			batch(t, "batch=0")
			batch(t, "batch=1000")
		}},
		{Name: "stream: a bad ?batch or ?named is refused", Run: func(t *T) {
			p := t.person()
			for _, value := range []string{"-1", "1001", "x", "1.5", "99999999999999999999"} {
				p.call(http.MethodGet, streamPath+"?batch="+value, nil).blames("batch")
			}
			p.call(http.MethodGet, streamPath+"?named=maybe", nil).blames("named")
		}},
	}
}

// frameOf returns the frame that has a text in it.
func frameOf(stream, text string) string {
	for frame := range strings.SplitSeq(stream, "\n\n") {
		if strings.Contains(frame, text) {
			return frame
		}
	}
	return ""
}

func connection(t *T) {
	p := t.person()
	p.send("A", nil)
	p.patch(p.send("B", nil), obj{"read": true})
	l := p.listen("", nil)
	e := l.first
	exactly(t, "connection", e.data, "status", "connection_id", "user_id", "unread", "unseen", "heartbeat_interval", "resumed", "retry")
	equal(t, "status", "connected", e.text("status"))
	equal(t, "user_id", p.id, e.text("user_id"))
	equal(t, "counts", counts{1, 2}, counts{e.number("unread"), e.number("unseen")}.minus(p.base))
	equal(t, "resumed", any(false), e.data["resumed"])
	equal(t, "id", p.cursor(), e.ID)
	if beat := e.number("heartbeat_interval"); beat < 1 || beat > 30 {
		t.Errorf("heartbeat_interval: want 1 to 30 s, got %v", e.data["heartbeat_interval"])
	}
	if other := p.listen("", nil).first.text("connection_id"); e.text("connection_id") == "" || e.text("connection_id") == other {
		t.Errorf("connection_id: want one for each stream, got %q and %q", e.text("connection_id"), other)
	}
}

func batch(t *T, query string) {
	p := t.person()
	l := p.listen(query, nil)
	var ids []string
	for i := range 12 {
		ids = append(ids, p.send(fmt.Sprint("A", i), nil))
	}
	for _, id := range ids {
		l.wantNote("message", id)
	}
	l.wantCounts(p.base, 12, 12)
}
