package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// exchange shows a token, and returns a ticket's request, for the ticket that was made from it.
func (w world) exchange(t testing.TB, token string) *http.Request {
	t.Helper()
	p, err := w.Authenticate(get("/", "Authorization", "Bearer "+token))
	if err != nil {
		t.Fatal(err)
	}
	origin, err := p.Exchange()
	if err != nil {
		t.Fatal(err)
	}
	secret := "a-ticket-for-" + token[len(token)-20:]
	h := belfry.HashSecret(secret)
	w.store.tickets[h] = belfry.Ticket{Hash: h, User: p.User, ExpiresAt: now.Add(time.Minute), Origin: origin}
	return get("/?ticket=" + secret)
}

// A ticket that was exchanged for a token is the token once more: it has its person and its end.
func TestExchange(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"a second": in(time.Second), "a fraction": in(time.Second) + ".0009"} {
		w := open(t, standard())
		p, err := w.Authenticate(w.exchange(t, hs256(t, `{"sub":"7","exp":`+end+`}`)))
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Principal{Kind: auth.User, User: "7", Method: "ticket", ExpiresAt: p.ExpiresAt}
		if diff := compare(want, p); diff != "" {
			t.Errorf("%s: principal (-want +got):\n%s", name, diff)
		}
		byToken, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, `{"sub":"7","exp":`+end+`}`)))
		if err != nil {
			t.Fatal(err)
		}
		if late := p.Deadline().Sub(byToken.Deadline()); late > 0 || late <= -time.Millisecond {
			t.Errorf("%s: the ticket's stream ends %v after the token's", name, late)
		}
	}
}

// Whatever takes the token back before the ticket is used takes the ticket back too.
func TestExchangeIsNoEscape(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		claims string
		revoke belfry.Revocation
		want   bool
	}{
		"all of the person":         {`"iat":` + in(-time.Second), belfry.Revocation{User: "7", At: now}, false},
		"all, issued later":         {`"iat":` + in(time.Second), belfry.Revocation{User: "7", At: now}, true},
		"all, at no known time":     {`"jti":"a"`, belfry.Revocation{User: "7", At: now}, false},
		"the token":                 {`"jti":"a"`, belfry.Revocation{User: "7", TokenID: "a", At: now}, false},
		"another token":             {`"jti":"a"`, belfry.Revocation{User: "7", TokenID: "b", At: now}, true},
		"another person":            {`"jti":"a"`, belfry.Revocation{User: "8", At: now}, true},
		"another person's token":    {`"jti":"a"`, belfry.Revocation{User: "8", TokenID: "a", At: now}, true},
		"of a token without a name": {`"iat":` + in(-time.Second), belfry.Revocation{User: "7", TokenID: "a", At: now}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, standard())
			r := w.exchange(t, hs256(t, `{"sub":"7",`+test.claims+`,"exp":`+in(time.Hour)+`}`))
			// The ticket is stored after the revocation: it was made from a token that was looked at just before.
			if err := w.store.Revoke(t.Context(), test.revoke); err != nil {
				t.Fatal(err)
			}
			w.Hear(belfry.Ring{User: "7", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}})
			if _, err := w.Authenticate(r); (err == nil) != test.want {
				t.Errorf("got %v, want let in: %v", err, test.want)
			}
		})
	}
}

// Behind SimpleJWT's tokens stands an account, which is looked at when the ticket is used, and for as long as the stream is open.
func TestExchangeOfDjangosTokens(t *testing.T) {
	t.Parallel()
	rows := adaRows("")
	w := openDjango(t, rows)
	token := func(n string) string {
		return sign(t, jwt.SigningMethodHS256, []byte(djangoKey), `{"alg":"HS256"}`, `{"token_type":"access","user_id":1,"jti":"`+n+`","exp":`+in(time.Hour)+`}`)
	}
	p, err := w.Authenticate(w.exchange(t, token("a")))
	if err != nil {
		t.Fatal(err)
	}
	if p.Login == nil || !p.Deadline().Equal(now.Add(time.Hour)) {
		t.Fatalf("got %+v, want a login that is looked at, and the token's end", p)
	}
	if _, err := p.Login.Again(t.Context()); err != nil {
		t.Fatal(err)
	}
	waiting, outed := w.exchange(t, token("b")), w.exchange(t, token("c"))
	rows.inactive = true
	if _, err := p.Login.Again(t.Context()); codeOf(err) != belfry.CodeNoIdentity {
		t.Errorf("a deactivated user: got %v, want refused", err)
	}
	if _, err := w.Authenticate(waiting); codeOf(err) != belfry.CodeNoIdentity {
		t.Errorf("the ticket of a deactivated user: got %v, want refused", err)
	}
	rows.fail = errors.New("down")
	if _, err := w.Authenticate(outed); codeOf(err) != belfry.CodeUnavailable {
		t.Errorf("while Django's database is down: got %v, want unavailable", err)
	}
}

// What cannot be carried over makes no ticket, and a ticket makes none.
func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	good := hs256(t, `{"sub":"7","exp":`+in(time.Hour)+`}`)
	w := open(t, standard())
	byTicket, err := w.Authenticate(w.exchange(t, good))
	if err != nil {
		t.Fatal(err)
	}
	appsTicket, err := w.Authenticate(get("/?ticket=" + ticket))
	if err != nil {
		t.Fatal(err)
	}
	hooked := open(t, auth.Config{Hook: func(*http.Request) (string, time.Time, error) { return "7", time.Time{}, nil }})
	byHook, err := hooked.Authenticate(get("/"))
	if err != nil {
		t.Fatal(err)
	}
	session, err := openDjango(t, adaRows(signed(djangoKey, rowSalt, b64(adaSession)+":1r31eq"))).Authenticate(get("/", "Cookie", "sessionid="+rowKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]auth.Principal{
		"an exchanged ticket": byTicket, "a ticket of the app": appsTicket, "the program's login": byHook, "a Django session": session,
	} {
		if _, err := p.Exchange(); codeOf(err) != belfry.CodeForbidden {
			t.Errorf("%s: got %v, want forbidden", name, err)
		} else if strings.Contains(name, "ticket") != strings.Contains(err.Error(), "ticket makes no tickets") {
			t.Errorf("%s: the refusal does not say why: %v", name, err)
		}
	}
}
