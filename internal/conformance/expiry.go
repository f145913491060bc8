package conformance

import (
	"net/http"
	"strings"
	"time"
)

// expiryCases wait for a few seconds: what they claim is about time.
func expiryCases() []Case {
	return []Case{
		{Name: "expiry: a token that runs out in mid-stream is announced, then ends it", Run: tokenExpires},
		{Name: "expiry: a new token continues where the old one ended", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			l := p.expiring(2 * time.Second)
			p.send("A", nil)
			l.want("message")
			l.want2("reauth", "close")
			id := p.send("B", nil)
			for e := l.want3("message", "reauth", "close"); e.Name != "close"; e = l.want3("message", "reauth", "close") {
				if e.Name == "message" {
					equal(t, "id", id, e.text("id"))
				}
			}
			again := p.resume(p.cursor())
			equal(t, "resumed", any(true), again.first.data["resumed"])
		}},
		{Name: "expiry: a notification leaves the list, the counts and the streams", Run: notificationExpires},
		{Name: "expiry: what has expired can't be changed", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", obj{"expires_at": in(4 * time.Second)})
			l.wantNote("message", id)
			l.want("delete")
			p.call(http.MethodPatch, notificationPath(id), obj{"read": true}).is(http.StatusNotFound)
			t.app(http.MethodGet, notificationPath(id), nil).is(http.StatusNotFound)
		}},
		{Name: "expiry: is told to who was away", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", obj{"expires_at": in(4 * time.Second)})
			cursor := l.want("message").ID
			l.want("delete")
			again := p.resume(cursor)
			equal(t, "id", id, again.want("delete").text("id"))
		}},
		{Name: "expiry: a later one may replace it by dedupe_key", Run: func(t *T) {
			p, key := t.person(), unique()
			l := p.listen("", nil)
			id := p.send("A", obj{"dedupe_key": key, "expires_at": in(4 * time.Second)})
			l.wantNote("message", id)
			equal(t, "id", id, p.send("B", obj{"dedupe_key": key}))
			l.wantNote("message", id)
			t.wait(5 * time.Second)
			l.quiet(p)
			p.wantCounts(2, 2)
		}},
	}
}

// in is a time from now as the wire writes it.
func in(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }

// expiring opens a stream by a token that lasts for about d.
func (p *person) expiring(d time.Duration) *listener {
	exp := time.Now().Add(d).Truncate(time.Second).Add(time.Second)
	l := p.t.stream(call{as: bearer(p.t.jwt(obj{"user_id": p.id, "exp": exp.Unix()})), method: http.MethodGet, path: streamPath})
	l.first = l.want("connection")
	return l
}

func tokenExpires(t *T) {
	t.needJWT()
	p := t.person()
	start := time.Now()
	l := p.expiring(3 * time.Second)
	l.want("reauth")
	warned := time.Since(start)
	e := l.wantClose("expired")
	if strings.HasSuffix(e.ID, "-x") {
		t.Errorf("id of the close frame: a client may come back with a new token, got %q", e.ID)
	}
	if ended := time.Since(start); ended < warned || ended < 2*time.Second || ended > 90*time.Second {
		t.Errorf("a token of about 3 s ended the stream after %v, announced after %v", ended, warned)
	}
	if strings.Contains(l.bytes(), p.token) {
		t.Errorf("the stream has the token in it")
	}
}

func notificationExpires(t *T) {
	p := t.person()
	l := p.listen("", nil)
	stays := p.send("B", nil)
	l.wantNote("message", stays)
	id := p.send("A", obj{"expires_at": in(4 * time.Second)})
	l.wantNote("message", id)
	p.wantCounts(2, 2)
	equal(t, "id of delete", id, l.want("delete").text("id"))
	l.wantCounts(p.base, 1, 1)
	if ids := p.ids("state=all"); len(ids) != 1 || ids[0] != stays {
		t.Errorf("list: want only %s, got %v", stays, ids)
	}
	p.wantCounts(1, 1)
}
