package conformance

import (
	"net/http"
	"time"
)

// exchangeCases are about the ticket that a person gets for their token.
func exchangeCases() []Case {
	return []Case{
		{Name: "exchange: a stream by the ticket of a token ends with the token", Run: exchangeExpires}, // it waits
		{Name: "exchange: a token is exchanged for a ticket that opens one stream", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			path := streamPath + "?ticket=" + p.exchange()
			l := t.stream(call{method: http.MethodGet, path: path})
			equal(t, "user_id", p.id, l.want("connection").text("user_id"))
			t.public(path).is(http.StatusUnauthorized)
			l.wantNote("message", p.send("still open", nil))
		}},
		{Name: "exchange: the ticket has a minute, or what is left of the token", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			for _, left := range []time.Duration{10 * time.Minute, 20 * time.Second} {
				p.token = t.jwt(obj{"user_id": p.id, "exp": time.Now().Add(left).Unix()})
				at, _ := p.call(http.MethodPost, exchangePath, nil).is(http.StatusCreated).object("ticket", "expires_at")["expires_at"].(string)
				expires, err := time.Parse(time.RFC3339, at)
				if got := time.Until(expires); err != nil || got > min(left, 61*time.Second) || got < min(left, 60*time.Second)-10*time.Second {
					t.Errorf("expires_at of a token that has %v left: got %q", left, at)
				}
			}
		}},
		{Name: "exchange: a ticket makes no tickets", Run: func(t *T) {
			p := t.person()
			t.do(call{method: http.MethodPost, path: exchangePath + "?ticket=" + t.ticket(p.id)}).is(http.StatusForbidden)
			if t.target.JWTSecret != "" {
				t.do(call{method: http.MethodPost, path: exchangePath + "?ticket=" + p.exchange()}).is(http.StatusForbidden)
			}
		}},
		{Name: "exchange: is for oneself", Run: func(t *T) {
			t.needJWT()
			p, q := t.person(), t.person()
			p.call(http.MethodPost, exchangePath, obj{"user_id": q.id}).blames("user_id")
			equal(t, "user_id", any(p.id), t.public(statusPath + "?ticket=" + p.exchange()).is(http.StatusOK).object()["user_id"])
		}},
		{Name: "exchange: a cookie from another site gets nothing", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			header := map[string]string{"Cookie": "belfry_token=" + p.token, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
			t.do(call{method: http.MethodPost, path: exchangePath, header: header}).is(http.StatusForbidden)
			header["Sec-Fetch-Site"], header["Origin"] = "same-origin", t.target.URL
			t.do(call{method: http.MethodPost, path: exchangePath, header: header}).is(http.StatusCreated)
		}},
		{Name: "exchange: all that is revoked takes the ticket and its stream", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			l := t.stream(call{method: http.MethodGet, path: streamPath + "?ticket=" + p.exchange()})
			l.want("connection")
			unused := p.exchange()
			p.revoke(nil)
			l.wantClose("revoked")
			t.public(countsPath + "?ticket=" + unused).is(http.StatusUnauthorized)
			p.call(http.MethodPost, exchangePath, nil).is(http.StatusUnauthorized)
		}},
		{Name: "exchange: a token that is revoked takes its ticket along", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			other, id := p.exchange(), unique()
			p.token = t.jwt(obj{"user_id": p.id, "exp": soon(), "jti": id})
			unused := p.exchange()
			p.revoke(obj{"jti": id})
			t.public(countsPath + "?ticket=" + unused).is(http.StatusUnauthorized)
			t.public(countsPath + "?ticket=" + other).is(http.StatusOK)
		}},
	}
}

// exchange returns a ticket for the person's token.
func (p *person) exchange() string {
	ticket, _ := p.call(http.MethodPost, exchangePath, nil).is(http.StatusCreated).object("ticket", "expires_at")["ticket"].(string)
	return ticket
}

func exchangeExpires(t *T) {
	t.needJWT()
	p := t.person()
	exp := time.Now().Add(4 * time.Second).Unix()
	p.token = t.jwt(obj{"user_id": p.id, "exp": exp})
	l := t.stream(call{method: http.MethodGet, path: streamPath + "?ticket=" + p.exchange()})
	l.want("connection")
	l.want("reauth")
	l.wantClose("expired")
	if early := time.Until(time.Unix(exp, 0)); early > 0 {
		t.Errorf("the stream ended %v before its token", early)
	}
}
