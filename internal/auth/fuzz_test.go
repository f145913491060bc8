package auth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/auth"
)

// Whatever stands in a row, nobody is let in whom Django did not sign in; and nothing that is signed lets in another person,
// panics, or grows.
func FuzzDjangoSession(f *testing.F) {
	for _, s := range []string{rowVector, cookieVector, packed([]byte(adaSession)) + ":1r31eq", b64(adaSession) + ":1r31eq", "", ":", "::", ".:1:x", b64(`{"_auth_user_id":1e400}`) + ":zzzzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		show := func(row string) (auth.Principal, error) {
			return openDjango(t, adaRows(row)).Authenticate(get("/", "Cookie", "sessionid="+rowKey))
		}
		if p, err := show(s); err == nil && !signedRow(s) {
			t.Errorf("%q let in %+v", s, p)
		}
		if p, err := show(signed(djangoKey, rowSalt, s)); err == nil && p.User != "1" {
			t.Errorf("%q, signed, let in %+v", s, p)
		}
	})
}

func signedRow(s string) bool {
	cut := strings.LastIndexByte(s, ':')
	return cut >= 0 && signed(djangoKey, rowSalt, s[:cut]) == s
}

// Whatever stands in a request's cookies, it lets in nobody but whose session or token is among them.
func FuzzCookies(f *testing.F) {
	good := signed(djangoKey, cookieSalt, b64(adaSession)+":1r31eq")
	for _, s := range []string{"sessionid=" + good, "sessionid=" + rowKey, "belfry_token=a.b.c; sessionid=x", `sessionid="` + good + `"`, "=;;=", "sessionid", strings.Repeat("sessionid=a:b:c; ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := openDjango(t, adaRows(signed(djangoKey, rowSalt, b64(adaSession)+":1r31eq")))
		r := get("/")
		r.Header.Set("Cookie", s)
		if p, err := w.Authenticate(r); err == nil && (p.User != "1" || !strings.Contains(s, rowKey)) {
			t.Errorf("the cookies %q let in %+v", s, p) // the one that is its own session expired long ago
		}
	})
}

// No text is a token that the key has not signed, and no claims make the check panic.
func FuzzJWT(f *testing.F) {
	f.Add(`{"alg":"HS256"}`, `{"sub":"7","exp":`+in(1)+`}`, "")
	f.Add(`{"alg":"none"}`, `{"sub":"7","exp":1e999,"iat":-0,"jti":{}}`, "AA")
	f.Add(`{"alg":"HS256","kid":"\u0000","crit":[]}`, `{"user_id":1.5,"token_type":null,"aud":[[["x"]]]}`, "==")
	f.Fuzz(func(t *testing.T, header, claims, signature string) {
		w := open(t, standard())
		show := func(token string) (auth.Principal, error) {
			return w.Authenticate(get("/", "Authorization", "Bearer "+token))
		}
		if p, err := show(b64(header) + "." + b64(claims) + "." + b64(signature)); err == nil {
			t.Errorf("a token without a signature let in %+v", p)
		}
		if p, err := show(hs256(t, claims)); err == nil && (p.User == "" || p.ExpiresAt.IsZero()) {
			t.Errorf("the claims %q let in %+v", claims, p)
		}
	})
}

// FuzzParameter: a credential in a query is what net/url reads, and nothing else.
func FuzzParameter(f *testing.F) {
	for _, q := range []string{
		"", "token=a.b.c", "token=", "token", "a=b&token=x&token=y", "token=%zz&token=ok", "to%6ben=x", "token=a%2eb+c", "token=a;b&token=c", "&&token=1", "%zz=1&token=2", "token==", "=token",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query) // what it can read of it
		if got, want := auth.Parameter(query, "token"), values.Get("token"); got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	})
}
