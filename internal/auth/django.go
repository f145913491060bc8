package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Django says how the logins of a Django project are checked. With SecretKey alone its SimpleJWT access tokens are taken; with
// Rows, its sessions too.
type Django struct {
	SecretKey string   // SECRET_KEY; at least 8 bytes
	Fallbacks []string // SECRET_KEY_FALLBACKS
	Rows      DjangoRows
	Cookie    string        // SESSION_COOKIE_NAME; empty: sessionid
	CookieAge time.Duration // SESSION_COOKIE_AGE, for sessions that are their cookie; 0: two weeks
}

// DjangoRows reads Django's tables. Safe for use by several goroutines at once. An error other than ErrNotFound is an outage.
type DjangoRows interface {
	// Session returns the session_data and the expire_date of a session; ErrNotFound when there is none.
	Session(ctx context.Context, key string) (data string, expires time.Time, err error)
	// User returns a user's password column and whether they are active; ErrNotFound when there is none.
	User(ctx context.Context, id string) (password string, active bool, err error)
}

const (
	defaultSessionCookie = "sessionid"
	defaultSessionAge    = 14 * 24 * time.Hour
	djangoTimeout        = 3 * time.Second // of the look at the tables, for one request
)

// django knows people by Django's sessions.
type django struct {
	keys   djangoKeys
	rows   DjangoRows
	cookie string
	age    time.Duration
	now    func() time.Time
}

// newDjango returns nil when there is nothing to look a session up in.
func newDjango(c *Django, now func() time.Time) (*django, error) {
	if c == nil {
		return nil, nil
	}
	keys := append(djangoKeys{c.SecretKey}, c.Fallbacks...)
	for _, k := range keys {
		if len(k) < minSecret {
			return nil, fmt.Errorf("a secret key has %d bytes, and at least %d are needed: give SECRET_KEY as the settings of Django have it", len(k), minSecret)
		}
	}
	if c.Rows == nil {
		return nil, nil
	}
	d := &django{keys: keys, rows: c.Rows, cookie: c.Cookie, age: c.CookieAge, now: now}
	if d.cookie == "" {
		d.cookie = defaultSessionCookie
	}
	if d.age <= 0 {
		d.age = defaultSessionAge
	}
	return d, nil
}

// find returns the sessions that a request shows.
func (d *django) find(r *http.Request) []string {
	if d == nil {
		return nil
	}
	var found []string
	for _, c := range r.CookiesNamed(d.cookie) {
		if len(found) < maxCookies && (strings.Contains(c.Value, ":") || sessionKey(c.Value)) {
			found = append(found, c.Value)
		}
	}
	return found
}

// sessionKey reports whether s is what Django names sessions: 32 small letters and digits, some older ones longer.
func sessionKey(s string) bool {
	return len(s) >= 8 && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') })
}

// bySession returns whose session it is.
func (d *django) bySession(ctx context.Context, session string) (Principal, error) {
	ctx, cancel := context.WithTimeout(ctx, djangoTimeout)
	defer cancel()
	data, expires, err := d.open(ctx, session)
	if err != nil {
		return Principal{}, err
	}
	raw, err := d.keys.plain(data)
	if err != nil {
		return Principal{}, err
	}
	user, hash, err := whose(raw)
	if err != nil {
		return Principal{}, err
	}
	password, err := d.active(ctx, user)
	if err != nil {
		return Principal{}, err
	}
	if !d.keys.proves(hash, password) {
		return Principal{}, reason("the password was changed since")
	}
	p := Principal{Kind: User, User: user, ExpiresAt: expires, Method: MethodDjango, Cookie: true}
	p.Login = &Login{again: func(ctx context.Context) (Principal, error) { return judged(d.bySession(ctx, session)) }}
	return p, nil
}

// open finds a session in the database, or in itself, and checks its signature.
func (d *django) open(ctx context.Context, session string) (data string, expires time.Time, err error) {
	if strings.Contains(session, ":") {
		data, at, err := d.keys.unsign(saltCookie, session)
		if err == nil && !d.now().Before(at.Add(d.age)) {
			err = errExpired
		}
		return data, at.Add(d.age), err
	}
	signed, expires, err := d.rows.Session(ctx, session)
	switch {
	case errors.Is(err, belfry.ErrNotFound):
		return "", time.Time{}, reason("there is no such session")
	case err != nil:
		return "", time.Time{}, &outage{MethodDjango, err}
	case !d.now().Before(expires):
		return "", time.Time{}, errExpired
	}
	data, _, err = d.keys.unsign(saltRow, signed)
	return data, expires.UTC(), err
}

const errExpired = reason("it has expired")

// active returns the password of a user who may log in.
func (d *django) active(ctx context.Context, user string) (password string, err error) {
	if belfry.ValidateUserID(user) != nil {
		return "", reason("it names nobody who could be a user")
	}
	password, active, err := d.rows.User(ctx, user)
	switch {
	case errors.Is(err, belfry.ErrNotFound):
		return "", reason("there is no such user any more")
	case err != nil:
		return "", &outage{MethodDjango, err}
	case !active:
		return "", reason("the user is not active")
	}
	return password, nil
}

// byToken looks at the user of a token that Django has signed, as SimpleJWT does with each request.
func (d *django) byToken(ctx context.Context, t *token) error {
	ctx, cancel := context.WithTimeout(ctx, djangoTimeout)
	defer cancel()
	_, err := d.active(ctx, t.user)
	return err
}

// loginOf lets the user of a token be looked at again.
func (d *django) loginOf(p Principal, t *token) *Login {
	return &Login{again: func(ctx context.Context) (Principal, error) { return judged(p, d.byToken(ctx, t)) }}
}
