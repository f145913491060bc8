package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// Every way of presenting a credential, good and bad, with the log wide open: no secret may stand in the log or in an
// error, nor any eight characters of one.
func TestSecretsAreNeverWritten(t *testing.T) {
	t.Parallel()
	const canary = "CANARYcanary0123456789"
	c := auth.Config{
		Keys: []auth.NamedKey{{Name: "shop", Secret: "bf_" + canary}},
		JWT:  auth.JWT{Secret: []byte(canary), Issuer: "me", Audience: "you"},
	}
	w := open(t, c)
	w.addTicket(canary+"ticket", "42", now.Add(time.Minute))
	signed := func(header, claims string) string {
		return sign(t, jwt.SigningMethodHS256, []byte(canary), header, claims)
	}
	var tokens []string
	for _, claims := range []string{
		`{"sub":"` + canary + `"}`, `{"sub":"` + canary + `","exp":"` + canary + `"}`, `{"` + canary + `":1}`, `{"sub":` + canary + `}`,
		`{"iss":"` + canary + `","exp":` + in(time.Hour) + `}`, `{"iss":"me","aud":"` + canary + `","exp":` + in(time.Hour) + `}`,
		`{"iss":"me","aud":"you","sub":"` + strings.Repeat(canary, 20) + `","exp":` + in(time.Hour) + `}`, canary,
	} {
		tokens = append(tokens, signed(`{"alg":"HS256"}`, claims), signed(`{"alg":"`+canary+`"}`, claims), signed(canary, claims))
	}
	tokens = append(tokens, canary+"."+canary+"."+canary, "!."+canary+".!", strings.Repeat(canary+".", 3))

	secrets := append([]string{"bf_" + canary, canary + "ticket", canary}, tokens...)
	var errs []error
	for _, s := range secrets {
		for _, r := range []*http.Request{
			get("/", "Authorization", "Bearer "+s), get("/", "Authorization", s), get("/?token=" + s), get("/?ticket=" + s),
			get("/", "Cookie", "belfry_token="+s),
		} {
			_, err := w.Authenticate(r)
			errs = append(errs, err)
		}
	}
	w.store.fail = errors.New("the disk is gone")
	_, err := w.Authenticate(get("/?ticket=" + canary))
	text := w.log.String() + errors.Join(append(errs, err)...).Error()
	for _, s := range append(secrets, b64(canary)) {
		for i := 0; i+8 <= len(s); i += 4 {
			if strings.Contains(text, s[i:i+8]) {
				t.Fatalf("%q of %q was written:\n%s", s[i:i+8], s, text)
			}
		}
	}
	if !strings.Contains(text, "credential refused") || len(errs) != 5*len(secrets) {
		t.Error("the test wrote nothing that could hold a secret")
	}
}

// FuzzAuthenticate gives every place of a credential whatever comes: nobody is let in, and nothing but a refusal is
// answered.
func FuzzAuthenticate(f *testing.F) {
	good := hs256(f, `{"sub":"7","exp":`+in(-time.Hour)+`}`)
	for _, s := range []string{
		"", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer " + good, "token=" + good, "belfry_token=" + good, "ticket=%00", "..",
		"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.", "Bearer " + strings.Repeat(".", 50),
	} {
		f.Add(s, s, s)
	}
	w := open(f, standard())
	f.Fuzz(func(t *testing.T, header, query, cookie string) {
		defer w.log.Reset()
		r := get("/")
		r.URL.RawQuery = query
		r.Header["Authorization"] = []string{header}
		r.Header["Cookie"] = []string{cookie}
		p, err := w.Authenticate(r.WithContext(context.Background()))
		var e *belfry.Error
		if p != (auth.Principal{}) || !errors.As(err, &e) || e.Code != belfry.CodeNoIdentity {
			t.Errorf("got %+v and %v", p, err)
		}
	})
}

// FuzzClaims signs whatever comes: past the signature nothing panics either, and whoever is let in has an id and a limit.
func FuzzClaims(f *testing.F) {
	for _, s := range []string{
		`{"sub":"7","exp":1e300}`, `{"user_id":1e21,"exp":9999999999}`, `{"exp":-0.5e-300}`, `{"aud":["a",["b"]],"exp":9e9}`, "{", "\xff", `{"a":`,
		`{"sub":"7","exp":9999999999,"nbf":1.5,"iat":0}`,
	} {
		f.Add(s)
	}
	c := standard()
	c.JWT.Audience = "a"
	strict, loose := open(f, c), open(f, standard())
	f.Fuzz(func(t *testing.T, claims string) {
		for _, w := range []world{strict, loose} {
			w.log.Reset()
			p, err := w.Authenticate(get("/?token=" + hs256(t, claims)))
			if err != nil {
				continue
			}
			if belfry.ValidateUserID(p.User) != nil || !p.ExpiresAt.After(now) || p.ExpiresAt.Year() > 9999 {
				t.Errorf("%q let in %+v", claims, p)
			}
		}
	})
}
