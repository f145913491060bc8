package conformance

import (
	"net/http"
	"strings"
	"time"
)

// wantStopped wants a client that comes back with the last id of a stream that is over for good to be answered 204, by
// header and by query.
func (p *person) wantStopped(id string) {
	if !strings.HasSuffix(id, "-x") || !isCursor(strings.TrimSuffix(id, "-x")) {
		p.t.Errorf("id of the close frame: want <cursor>-x, got %q", id)
	}
	p.t.do(call{as: p.as(), method: http.MethodGet, path: streamPath, header: map[string]string{"Last-Event-ID": id}}).is(http.StatusNoContent)
	a := p.call(http.MethodGet, streamPath+"?last_event_id="+id, nil).is(http.StatusNoContent)
	equal(p.t, "bytes of the body", 0, len(a.body))
}

// closeStreams closes and returns how many were.
func (p *person) closeStreams(body any) int {
	o := p.call(http.MethodPost, closePath, body).is(http.StatusOK).object("status", "closed")
	equal(p.t, "status", any("success"), o["status"])
	n, _ := o["closed"].(float64)
	return int(n)
}

func closeCases() []Case {
	return []Case{
		{Name: "close: ends all of the person's streams", Run: func(t *T) {
			p := t.person()
			a, b := p.listen("", nil), p.listen("", nil)
			equal(t, "closed", 2, p.closeStreams(nil))
			a.wantClose("closed")
			b.wantClose("closed")
		}},
		{Name: "close: the client that comes back is stopped by a 204", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			l := p.listen("", nil)
			p.closeStreams(nil)
			p.wantStopped(l.wantClose("closed").ID)
		}},
		{Name: "close: a client that asks anew is let in", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.closeStreams(nil)
			id := l.wantClose("closed").ID
			p.listen("", nil)
			equal(t, "resumed", any(true), p.resume(strings.TrimSuffix(id, "-x")).first.data["resumed"])
		}},
		{Name: "close: one by its id", Run: func(t *T) {
			p := t.person()
			a, b := p.listen("", nil), p.listen("", nil)
			equal(t, "closed", 1, p.closeStreams(obj{"connection_id": a.first.text("connection_id")}))
			a.wantClose("closed")
			b.wantNote("message", p.send("A", nil))
		}},
		{Name: "close: an unknown id closes nothing", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			equal(t, "closed", 0, p.closeStreams(obj{"connection_id": unique()}))
			l.wantNote("message", p.send("A", nil))
		}},
		{Name: "close: another person's streams stay", Run: func(t *T) {
			p, q := t.person(), t.person()
			l := q.listen("", nil)
			equal(t, "closed", 0, p.closeStreams(nil))
			equal(t, "closed by id", 0, p.closeStreams(obj{"connection_id": l.first.text("connection_id")}))
			l.wantNote("message", q.send("A", nil))
		}},
		{Name: "close: an empty object is all", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			equal(t, "closed", 1, p.closeStreams(obj{}))
			l.wantClose("closed")
		}},
		{Name: "close: without streams closes none", Run: func(t *T) { equal(t, "closed", 0, t.person().closeStreams(nil)) }},
	}
}

func stoppedCases() []Case {
	return []Case{
		{Name: "close: the frame says when to come back", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.closeStreams(nil)
			exactly(t, "close", l.wantClose("closed").data, "reason", "retry")
		}},
		{Name: "close: what was sent before is given first", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", nil)
			p.closeStreams(nil)
			e := l.want2("message", "close")
			if e.Name == "message" {
				equal(t, "id", id, e.text("id"))
				e = l.want("close")
			}
			again := p.resume(strings.TrimSuffix(e.ID, "-x"))
			if strings.TrimSuffix(e.ID, "-x") != p.cursor() {
				again.wantNote("message", id) // it was not given: the place of the close frame must say so
			}
			again.quiet(p)
		}},
		{Name: "close refused: an unknown member", Run: func(t *T) { t.person().call(http.MethodPost, closePath, obj{"id": "x"}).blames("id") }},
		{Name: "close refused: an id that is no string", Run: func(t *T) {
			t.person().call(http.MethodPost, closePath, obj{"connection_id": 7}).blames("connection_id")
		}},
		{Name: "stopped: any id that ends in -x is answered 204", Run: func(t *T) {
			p := t.person()
			p.wantStopped(p.cursor() + "-x")
		}},
		{Name: "stopped: a 204 still wants a credential", Run: func(t *T) {
			p := t.person()
			t.do(call{method: http.MethodGet, path: streamPath, header: map[string]string{"Last-Event-ID": p.cursor() + "-x"}}).is(http.StatusUnauthorized)
		}},
	}
}

// capTried is how many streams a person opens to meet the cap, which is 20 unless the operator says otherwise.
const capTried = 64

func limitCases() []Case {
	return []Case{
		{Name: "limit: one stream too many is closed, the others stay", Run: func(t *T) {
			p := t.person()
			open, e := p.fill()
			if ms := e.number("retry"); ms < 1000 {
				t.Errorf("retry: want a long wait in ms, got %v", e.data["retry"])
			}
			p.wantStopped(e.ID)
			id := p.send("A", nil)
			for _, l := range open {
				l.wantNote("message", id)
			}
		}},
		{Name: "limit: a stream that ends makes room", Run: func(t *T) {
			p := t.person()
			open, _ := p.fill()
			p.closeStreams(obj{"connection_id": open[0].first.text("connection_id")})
			open[0].wantClose("closed")
			p.eventually("the place is free", func() bool { return len(p.status().Connections) == len(open)-1 })
			p.listen("", nil)
		}},
		{Name: "limit: is one person's", Run: func(t *T) {
			p, q := t.person(), t.person()
			p.fill()
			q.listen("", nil)
		}},
	}
}

// fill opens streams until one is told that it is too many, and returns that one's close event.
func (p *person) fill() (open []*listener, over event) {
	for range capTried {
		l := p.open("", nil)
		e := l.want2("connection", "close")
		if e.Name == "close" {
			equal(p.t, "reason", "limit", e.text("reason"))
			l.wantEnd()
			return open, e
		}
		l.first = e
		open = append(open, l)
	}
	p.t.NotRunf("%d streams of one person met no cap", capTried)
	return nil, event{}
}

// eventually asks again until something is so.
func (p *person) eventually(what string, so func() bool) {
	for wait := 5 * time.Millisecond; !so(); wait *= 2 {
		if wait > patience/4 {
			p.t.Fatalf("still not so: %s", what)
		}
		p.t.wait(wait)
	}
}

// A streamStatus is the answer of the status path.
type streamStatus struct {
	IsConnected bool `json:"is_connected"`
	Connections []struct {
		ID        string
		OpenedAt  string `json:"opened_at"`
		Transport string
		Cursor    string
		Lag       int
		UserAgent string `json:"user_agent"`
		IP        string
	}
	LastUpdate        *string `json:"last_update"`
	EventCount        int     `json:"event_count"`
	HeartbeatInterval float64 `json:"heartbeat_interval"`
}

func (p *person) status() streamStatus {
	var s streamStatus
	p.get(statusPath).into(&s)
	return s
}
