package conformance

import (
	"net/http"
	"time"
)

func revocationCases() []Case {
	return []Case{
		{Name: "revoke: what was issued before is refused, and streams end for good", Run: revokeAll},
		{Name: "revoke: what is issued afterwards is accepted", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			p.revoke(nil)
			later := time.Now().Add(2 * time.Second).Unix() // within the leeway for clocks
			p.token = t.jwt(obj{"user_id": p.id, "exp": soon(), "iat": later, "jti": unique()})
			p.get(countsPath)
			p.listen("", nil)
		}},
		{Name: "revoke: tickets are taken back too", Run: func(t *T) {
			p := t.person()
			before := t.ticket(p.id)
			p.revoke(nil)
			t.public(countsPath + "?ticket=" + before).is(http.StatusUnauthorized)
			t.public(countsPath + "?ticket=" + t.ticket(p.id)).is(http.StatusOK)
		}},
		{Name: "revoke: one token alone", Run: revokeOne},
		{Name: "revoke: another person's token of that name stays", Run: func(t *T) {
			t.needJWT()
			p, q := t.person(), t.person()
			id := unique()
			q.token = t.jwt(obj{"user_id": q.id, "exp": soon(), "jti": id})
			l := q.listen("", nil)
			p.revoke(obj{"jti": id})
			q.get(countsPath)
			l.wantNote("message", q.send("A", nil))
		}},
		{Name: "revoke: outlives the person's erasure", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			p.revoke(nil)
			t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
			p.call(http.MethodGet, countsPath, nil).is(http.StatusUnauthorized)
		}},
		{Name: "revoke: a body that says nothing or something absurd is refused", Run: func(t *T) {
			p := t.person()
			for field, body := range map[string]obj{"jti": {"jti": ""}, "token": {"token": "x"}, "expires_at": {"expires_at": "2026-01-01T00:00:00Z"}} {
				t.app(http.MethodPost, userPath(p.id)+"revoke/", body).blames(field)
			}
			t.app(http.MethodPost, "/api/v1/users/%00/revoke/", nil).is(http.StatusUnprocessableEntity)
			p.get(countsPath)
		}},
	}
}

// revoke revokes, and returns how many streams were ended.
func (p *person) revoke(body any) int {
	o := p.t.app(http.MethodPost, userPath(p.id)+"revoke/", body).is(http.StatusOK).object("status", "closed", "revoked_at")
	equal(p.t, "status", any("success"), o["status"])
	n, _ := o["closed"].(float64)
	return int(n)
}

func revokeAll(t *T) {
	t.needJWT()
	p := t.person()
	p.token = t.jwt(obj{"user_id": p.id, "exp": soon(), "iat": time.Now().Unix(), "jti": unique()})
	a, b := p.listen("", nil), p.listen("", nil)
	if n := p.revoke(nil); n > 2 {
		t.Errorf("closed: want at most the two that are open, got %d", n)
	}
	a.wantClose("revoked")
	b.wantClose("revoked")
	for _, path := range []string{countsPath, streamPath, notificationsPath} {
		p.call(http.MethodGet, path, nil).is(http.StatusUnauthorized)
	}
	p.token = t.jwt(obj{"user_id": p.id, "exp": soon()})
	p.call(http.MethodGet, countsPath, nil).is(http.StatusUnauthorized) // it does not say when it was issued
}

func revokeOne(t *T) {
	t.needJWT()
	p := t.person()
	id, other := unique(), p.token
	p.token = t.jwt(obj{"user_id": p.id, "exp": soon(), "jti": id})
	l := p.listen("", nil)
	p.revoke(obj{"jti": id, "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	l.wantClose("expired")
	p.call(http.MethodGet, streamPath, nil).is(http.StatusUnauthorized)
	p.token = other
	p.get(countsPath)
	p.listen("", nil)
}
