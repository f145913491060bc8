package auth_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// djangoRows are Django's tables in memory, of one session and one user.
type djangoRows struct {
	data     string
	expires  time.Time
	password string
	inactive bool
	fail     error
}

const (
	djangoKey = "test-secret"
	rowKey    = "0123456789abcdef0123456789abcdef"

	// Made by Django with djangoKey at 1700000000: {"_auth_user_id":"1"} as a row and as a cookie, and the hash of a password.
	rowVector    = "eyJfYXV0aF91c2VyX2lkIjoiMSJ9:1r31eq:eVkFm2gmL3XQQ48U26qyolNEW-GW_NgJ1M_NrVOKAXY"
	cookieVector = "eyJfYXV0aF91c2VyX2lkIjoiMSJ9:1r31eq:gLlokFDZxc8l9oYfV-3C1rXAsyDr62QIhBYCrBZjwmw"
	passwordText = "pbkdf2_sha256$1$salt$hash"
	passwordHash = "592feb37d640bdd28b14a37ef54d1eb03b5a0fc68c511627d926268f157e9250"

	rowSalt    = "django.contrib.sessions.SessionStore"
	cookieSalt = "django.contrib.sessions.backends.signed_cookies"
)

func (d *djangoRows) Session(_ context.Context, key string) (string, time.Time, error) {
	if d.fail == nil && key != rowKey {
		return "", time.Time{}, belfry.ErrNotFound
	}
	return d.data, d.expires, d.fail
}

func (d *djangoRows) User(_ context.Context, id string) (string, bool, error) {
	if d.fail == nil && id != "1" {
		return "", false, belfry.ErrNotFound
	}
	return d.password, !d.inactive, d.fail
}

// signed signs as Django does.
func signed(key, salt, text string) string {
	derived := sha256.Sum256([]byte(salt + "signer" + key))
	h := hmac.New(sha256.New, derived[:])
	h.Write([]byte(text))
	return text + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func packed(json []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(json)
	_ = z.Close()
	return "." + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// ada's session, with her password as it is.
const adaSession = `{"_auth_user_id":"1","_auth_user_backend":"x","_auth_user_hash":"` + passwordHash + `"}`

func openDjango(t testing.TB, rows *djangoRows, fallbacks ...string) world {
	return open(t, auth.Config{Django: &auth.Django{SecretKey: djangoKey, Fallbacks: fallbacks, Rows: rows}})
}

func adaRows(data string) *djangoRows {
	return &djangoRows{data: data, expires: now.Add(time.Hour), password: passwordText}
}

func TestDjangoSession(t *testing.T) {
	t.Parallel()
	text := func(json string) string { return b64(json) + ":1r31eq" }
	long := strings.Replace(adaSession, "{", `{"cart":"`+strings.Repeat("x", 500_000)+`",`, 1)
	bomb := `{"x":"` + strings.Repeat("x", 4<<20) + `"}`
	row := func(text string) *djangoRows { return adaRows(signed(djangoKey, rowSalt, text)) }
	good := row(text(adaSession))
	changed, inactive, over := *good, *good, *good
	changed.password, inactive.inactive, over.expires = passwordText+"2", true, now
	for name, test := range map[string]struct {
		rows *djangoRows
		want string // the reason; empty: accepted
	}{
		"as Django writes it":      {good, ""},
		"compressed":               {row(packed([]byte(adaSession)) + ":1r31eq"), ""},
		"compressed and long":      {row(packed([]byte(long)) + ":1r31eq"), ""},
		"a fallback key":           {adaRows(signed("an-old-key-of-django", rowSalt, text(adaSession))), ""},
		"the vector has no hash":   {adaRows(rowVector), "the password was changed"},
		"a bomb":                   {row(packed([]byte(bomb)) + ":1r31eq"), "inflates to more"},
		"too long":                 {row(text(strings.Repeat("x", 300_000))), "too long"},
		"not zlib":                 {row("." + b64("hello") + ":1r31eq"), "cannot be inflated"},
		"half of zlib":             {row(packed([]byte(long))[:100] + ":1r31eq"), "cannot be inflated"},
		"another key":              {adaRows(signed("another key", rowSalt, text(adaSession))), "signature"},
		"the salt of cookies":      {adaRows(signed(djangoKey, cookieSalt, text(adaSession))), "signature"},
		"a tampered vector":        {adaRows(strings.Replace(rowVector, "iMSJ9", "iMiJ9", 1)), "signature"},
		"a signature with padding": {adaRows(rowVector + "="), "signature"},
		"another form of it":       {adaRows(rowVector[:len(rowVector)-1] + "Z"), "signature"},
		"no signature":             {adaRows("hello"), "not signed"},
		"no time":                  {row(b64(adaSession)), "not signed"},
		"a time that is none":      {row(b64(adaSession) + ":-1"), "not signed"},
		"nothing":                  {adaRows(""), "not signed"},
		"a pickle":                 {row(b64("\x80\x04\x95\x10\x00\x00\x00") + ":1r31eq"), "not a session in JSON"},
		"a list":                   {row(text(`["_auth_user_id"]`)), "not a session in JSON"},
		"a name twice":             {row(text(`{"_auth_user_id":"1","_auth_user_id":"2"}`)), "not a session in JSON"},
		"nobody is logged in":      {row(text(`{"cart":[1]}`)), "nobody is logged in"},
		"a user that is a list":    {row(text(`{"_auth_user_id":["1"]}`)), "neither a string"},
		"a user who is gone":       {row(text(strings.Replace(adaSession, `"1"`, `"2"`, 1))), "no such user"},
		"a user of controls":       {row(text(strings.Replace(adaSession, `"1"`, `"1\u0000"`, 1))), "nobody who could be"},
		"a hash that is a list":    {row(text(`{"_auth_user_id":"1","_auth_user_hash":[]}`)), "the password was changed"},
		"a changed password":       {&changed, "the password was changed"},
		"a user who is not active": {&inactive, "not active"},
		"an expired row":           {&over, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openDjango(t, test.rows, "an-old-key-of-django")
			p, err := w.Authenticate(get("/", "Cookie", "sessionid="+rowKey))
			if test.want == "" {
				if err != nil || p.User != "1" || !p.Cookie || p.Method != auth.MethodDjango || p.ExpiresAt != test.rows.expires || !p.Deadline().IsZero() {
					t.Errorf("got %+v, %v: %s", p, err, w.log)
				}
				return
			}
			if err == nil || err.Error() != "The credential was not accepted." || !strings.Contains(w.reasonOf(t), test.want) {
				t.Errorf("got %v for %q, want a refusal for %q", err, w.reasonOf(t), test.want)
			}
		})
	}
}

// A session that is its own cookie ends by its age.
func TestDjangoSignedCookie(t *testing.T) {
	t.Parallel()
	issued := time.Unix(1700000000, 0)
	text := b64(adaSession) + ":1r31eq"
	for name, test := range map[string]struct {
		cookie string
		at     time.Time
		want   string
	}{
		"fresh":          {signed(djangoKey, cookieSalt, text), issued, ""},
		"almost over":    {signed(djangoKey, cookieSalt, text), issued.Add(14*24*time.Hour - time.Second), ""},
		"over":           {signed(djangoKey, cookieSalt, text), issued.Add(14 * 24 * time.Hour), "expired"},
		"the vector":     {cookieVector, issued, "the password was changed"},
		"the row's salt": {rowVector, issued, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &clock{at: test.at}
			w := open(t, auth.Config{Now: clock.now, Django: &auth.Django{SecretKey: djangoKey, Rows: adaRows("")}})
			p, err := w.Authenticate(get("/", "Cookie", "sessionid="+test.cookie))
			switch {
			case test.want == "" && (err != nil || p.User != "1" || !p.ExpiresAt.Equal(issued.Add(14*24*time.Hour))):
				t.Errorf("got %+v, %v: %s", p, err, w.log)
			case test.want != "" && (err == nil || !strings.Contains(w.reasonOf(t), test.want)):
				t.Errorf("got %+v, %v; want a refusal for %q", p, err, test.want)
			}
		})
	}
}

// While Django's database does not answer nobody is refused: they are told to come back.
func TestDjangoOutage(t *testing.T) {
	t.Parallel()
	rows := adaRows(signed(djangoKey, rowSalt, b64(adaSession)+":1r31eq"))
	w := openDjango(t, rows)
	p, err := w.Authenticate(get("/", "Cookie", "sessionid="+rowKey))
	if err != nil {
		t.Fatal(err)
	}
	rows.fail = errors.New("connection refused")
	if _, err := w.Authenticate(get("/", "Cookie", "sessionid="+rowKey)); codeOf(err) != belfry.CodeUnavailable {
		t.Errorf("got %v, want unavailable", err)
	}
	if _, err := p.Login.Again(t.Context()); codeOf(err) != belfry.CodeUnavailable {
		t.Errorf("again: got %v, want unavailable", err)
	}
	rows.fail, rows.inactive = nil, true
	if _, err := p.Login.Again(t.Context()); codeOf(err) != belfry.CodeNoIdentity {
		t.Errorf("again: got %v, want a refusal", err)
	}
}

// Without Django's database its sessions let nobody in, and its tokens do.
func TestDjangoKeyAlone(t *testing.T) {
	t.Parallel()
	w := open(t, auth.Config{Django: &auth.Django{SecretKey: hmacSecret}})
	token := hs256(t, `{"token_type":"access","user_id":1,"jti":"x","iat":`+in(0)+`,"exp":`+in(time.Minute)+`}`)
	p, err := w.Authenticate(get("/", "Authorization", "Bearer "+token, "Cookie", "sessionid="+cookieVector))
	if err != nil || p.User != "1" || p.Login != nil || p.Deadline() != p.ExpiresAt {
		t.Errorf("got %+v, %v", p, err)
	}
	if _, err := w.Authenticate(get("/", "Cookie", "sessionid="+cookieVector)); err == nil {
		t.Error("a session was accepted without a look at its user")
	}
	if _, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, `{"user_id":1,"exp":`+in(time.Minute)+`}`))); err == nil || !strings.Contains(w.reasonOf(t), "no token_type") {
		t.Errorf("a token that is no access token of SimpleJWT: got %v", err)
	}
}
