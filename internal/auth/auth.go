// Package auth turns the credentials of a request into a principal: an app by its API key, or a person by a JWT, a one-time
// ticket, or a login that somebody else keeps: Django, the app's back end ([Ask]), or the program around it ([Hook]).
//
// An [Authenticator] is safe for use by several goroutines at once and starts none. It never writes a credential, nor a
// part of one, into a log or an error. To the client all refusals look the same; the reason goes to the log, at debug.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

// A Kind says what sort of principal asks. The zero Kind is nobody.
type Kind uint8

// The kinds.
const (
	App  Kind = iota + 1 // the app's back end
	User                 // a person, by their browser
)

// String returns the word that stands in logs.
func (k Kind) String() string {
	switch k {
	case App:
		return "app"
	case User:
		return "user"
	default:
		return "nobody"
	}
}

// The methods by which a principal was known.
const (
	MethodAPIKey  = "api_key"
	MethodJWT     = "jwt"
	MethodTicket  = "ticket"
	MethodDjango  = "django_session"
	MethodAuthURL = "auth_url"
	MethodHook    = "hook"
)

// A Principal is who asks. Exactly one of User and Key is set.
type Principal struct {
	Kind      Kind
	User      string        // the person's id
	Key       string        // the API key's name
	Scopes    belfry.Scopes // of the API key
	ExpiresAt time.Time     // when the credential runs out; zero: never
	Method    string        // one of the methods
	Cookie    bool          // shown by a cookie, which a browser adds by itself: unsafe methods need CSRF protection
	Login     *Login        // of a login that may end at any moment; nil: what was checked holds until ExpiresAt

	token *token // of a JWT, and of a ticket that was exchanged for one
}

// Deadline is the moment at which a stream of the principal ends, whatever happens; zero: there is none. A login may be
// prolonged while its stream is open: it is looked at again instead.
func (p Principal) Deadline() time.Time {
	if p.Login != nil && p.token == nil {
		return time.Time{}
	}
	return p.ExpiresAt
}

// Config is what an [Authenticator] works with.
type Config struct {
	Store  Store      // required
	Keys   []NamedKey // API keys of the configuration, known beside those of the store
	JWT    JWT
	Django *Django          // nil: nobody is known by Django
	Ask    Ask              // the app's back end
	Hook   Hook             // nil: none
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: silent
}

// A Store holds tickets, the API keys made at run time, and what was revoked.
type Store interface {
	belfry.Credentials
	belfry.Revocations
}

// An Authenticator knows who asks.
type Authenticator struct {
	tickets belfry.Credentials
	keys    *keyring
	tokens  *verifier // nil: no JWT is accepted
	revoked *revocations
	cookies []string
	django  *django // nil: no sessions
	asker   *asker  // nil: nobody is asked
	hook    Hook
	now     func() time.Time
	logger  *slog.Logger
	inURL   atomic.Int64 // tokens in addresses
}

// New returns an Authenticator. It refuses, with the reason and the mend: API keys without a name, named twice or easily
// guessed; a JWT secret or Django's key under 8 bytes, or a secret that is a PEM; a public key that cannot be read or is a private
// one; an address that cannot be asked.
func New(c Config) (*Authenticator, error) {
	if c.Store == nil {
		return nil, errors.New("authentication needs a store of credentials")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	keys, err := newKeyring(c.Keys, c.Store, c.Now)
	if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	sessions, err := newDjango(c.Django, c.Now)
	if err != nil {
		return nil, fmt.Errorf("Django: %w", err)
	}
	tokens, err := newVerifier(&c)
	if err != nil {
		return nil, fmt.Errorf("JWT: %w", err)
	}
	asking, err := newAsker(c.Ask, c.Now)
	if err != nil {
		return nil, fmt.Errorf("back end to ask: %w", err)
	}
	warnOfWeakness(&c)
	cookies := c.JWT.Cookies
	if cookies == nil {
		cookies = []string{"__Host-belfry_token", "belfry_token", "access_token"}
	}
	return &Authenticator{
		tickets: c.Store, keys: keys, tokens: tokens, revoked: newRevocations(c.Store, c.Now, c.Logger), cookies: cookies,
		django: sessions, asker: asking, hook: c.Hook, now: c.Now, logger: c.Logger,
	}, nil
}

func warnOfWeakness(c *Config) {
	if n := len(c.JWT.Secret); n > 0 && n < strongSecret {
		c.Logger.Warn("the JWT secret is shorter than the 32 bytes that RFC 7518 asks of an HS256 key; use a longer one", "bytes", n)
	}
	for _, k := range c.Keys {
		if len(k.Secret) < strongKey {
			c.Logger.Warn("an API key is short enough to be guessed; make one with belfry key add", "key", k.Name, "characters", len(k.Secret))
		}
	}
}

// Authenticate returns who sent a request. It looks, in this order, at `?ticket=`, `?token=` (a JWT),
// `Authorization: Bearer` (a JWT when it has two dots, else an API key; other schemes belong to whatever stands in front
// and are passed over), and the cookies: JWTs, then Django's sessions. The first that is there decides: a ticket that was used
// does not fall back to a cookie, which could be another person's. Only among cookies is each tried. The program's [Hook] and
// the back end are asked last, where none of these let anybody in, and about cookies and an Authorization that is no
// credential of Belfry's.
//
// A ticket is used up by being looked at, so call it once for each request.
//
// The error is a CodeNoIdentity [belfry.Error] when nobody is known by the request; a CodeUnavailable one when whoever keeps
// the logins does not answer; any other is the store's failure. Neither of these says anything about the credential.
func (a *Authenticator) Authenticate(r *http.Request) (Principal, error) {
	if ticket := parameter(r.URL.RawQuery, "ticket"); ticket != "" {
		return a.byTicket(r.Context(), ticket)
	}
	if token := parameter(r.URL.RawQuery, "token"); token != "" {
		a.inURL.Add(1)
		return a.byToken(r.Context(), token, "query")
	}
	var refused error
	if secret := bearer(r.Header); secret != "" {
		p, err := a.byBearer(r.Context(), secret)
		if !a.passedOn(secret, err) {
			return p, err
		}
		refused = err
	} else {
		p, err := a.byCookie(r)
		if err == nil || !isRefusal(err) {
			return p, err
		}
		refused = err
	}
	return a.byLogin(r, refused)
}

func (a *Authenticator) byBearer(ctx context.Context, secret string) (Principal, error) {
	if strings.Count(secret, ".") == 2 {
		return a.byToken(ctx, secret, "header")
	}
	return a.byKey(ctx, secret)
}

// passedOn reports whether a refused bearer may be a credential of the app's own.
func (a *Authenticator) passedOn(secret string, err error) bool {
	if a.asker == nil && a.hook == nil || !isRefusal(err) || strings.HasPrefix(secret, keyPrefix) {
		return false
	}
	return strings.Count(secret, ".") != 2 || a.tokens == nil
}

// parameter returns the first value that a query has for a name, as url.ParseQuery reads it, without reading the rest: every
// stream comes with a query. A pair that cannot be read is no credential.
func parameter(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if strings.Contains(pair, ";") || key != name && !strings.ContainsAny(key, "%+") {
			continue
		}
		if plain, err := url.QueryUnescape(key); err != nil || plain != name {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			return plain
		}
	}
	return ""
}

// bearer returns the credential of the Authorization header, empty when there is none of that scheme. The scheme's case
// does not matter (RFC 9110, 11.1).
func bearer(h http.Header) string {
	scheme, secret, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

func (a *Authenticator) byToken(ctx context.Context, text, from string) (Principal, error) {
	t, err := a.tokens.verify(ctx, text)
	var p Principal
	if err == nil {
		p, err = a.holder(ctx, t)
	}
	if _, ok := errors.AsType[reason](err); ok {
		return a.refuse(ctx, MethodJWT, from, err)
	}
	return p, err
}

// holder returns the person of a token that its issuer has signed, unless it was taken back, or the account behind it is closed.
func (a *Authenticator) holder(ctx context.Context, t *token) (Principal, error) {
	err := a.revoked.check(ctx, t)
	if err == nil && t.django && a.django != nil {
		err = a.django.byToken(ctx, t)
	}
	if err != nil {
		return Principal{}, err
	}
	p := Principal{Kind: User, User: t.user, ExpiresAt: t.exp, Method: MethodJWT, token: t}
	if t.django && a.django != nil {
		p.Login = a.django.loginOf(p, t)
	}
	return p, nil
}

func (a *Authenticator) byKey(ctx context.Context, secret string) (Principal, error) {
	key, err := a.keys.find(ctx, secret)
	if _, ok := errors.AsType[reason](err); ok {
		return a.refuse(ctx, MethodAPIKey, "header", err)
	}
	if unnoted, ok := errors.AsType[useError](err); ok {
		a.logger.WarnContext(ctx, "a key works, and its use could not be stored", "error", unnoted)
	} else if err != nil {
		return Principal{}, fmt.Errorf("look up API key: %w", err)
	}
	return Principal{Kind: App, Key: key.Name, Scopes: key.Scopes, Method: MethodAPIKey}, nil
}

// A noCredential is the refusal of a request without any credential, or with a session of the app's in which nobody is logged
// in: a visitor's page asks like this, and guesses nothing.
type noCredential struct{ refusal *belfry.Error }

// Error implements error.
func (e *noCredential) Error() string { return e.refusal.Error() }

// Unwrap makes it the [belfry.Error] that it is.
func (e *noCredential) Unwrap() error { return e.refusal }

// Guessed reports whether an error of [Authenticator.Authenticate] refuses a credential, rather than a request that shows
// none or a store that does not answer.
func Guessed(err error) bool {
	e, ok := errors.AsType[*belfry.Error](err)
	if !ok || e.Code != belfry.CodeNoIdentity {
		return false
	}
	_, none := errors.AsType[*noCredential](err)
	return !none
}

// A reason says why a credential is refused, in a fixed sentence: never with text from the credential.
type reason string

// Error implements error.
func (r reason) Error() string { return string(r) }

const errLong = reason("it is too long")

// judged makes of a reason what a client may read. It is for looking again, which nobody's log needs to hear of.
func judged(p Principal, err error) (Principal, error) {
	if _, ok := errors.AsType[reason](err); ok {
		return Principal{}, errRefused
	}
	return p, err
}

var errRefused = belfry.Errorf(belfry.CodeNoIdentity, "The credential was not accepted.")

// isRefusal reports whether an error says that nobody is known by a credential.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*belfry.Error](err)
	return ok && e.Code == belfry.CodeNoIdentity
}

// refuse writes the reason to the log and returns the one answer that every refused credential gets.
func (a *Authenticator) refuse(ctx context.Context, method, from string, why error) (Principal, error) {
	a.logger.DebugContext(ctx, "credential refused", "method", method, "from", from, "reason", why.Error())
	return Principal{}, errRefused
}
