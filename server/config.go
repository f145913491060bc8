package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/membus"
)

// Config is everything a [Server] is made of. Only Store is required; the zero value of every other field is a working
// default, named beside it. A Server keeps what it is given: change nothing in a Config after New.
type Config struct {
	// Store holds the data. Required. The Server uses it and does not close it.
	Store belfry.Store

	// Bus rings the other nodes. Default: within this process alone. A Bus given here is not closed by the Server.
	Bus belfry.Bus

	// SharedStore says that other Servers write to the same Store: each stream then looks at it when it has heard nothing
	// for a while, whatever the Bus is. With a Bus given here, it does so in any case.
	SharedStore bool

	// NodeName is what this node is called where several are listed, in a person's `status/` and in the log: printable, at most
	// 64 bytes. People see it. Default: a random one.
	NodeName string

	// Keys are API keys beside those in the store. Default: only those in the store.
	Keys []APIKey

	// JWT says how people's tokens are checked. Default: none is accepted, and only tickets let people in.
	JWT JWT

	// Django lets in whoever is logged in to a Django project. Default: nobody is known by Django.
	Django *Django

	// Ask is the app's back end, which is asked who somebody is. Default: nobody is asked.
	Ask Ask

	// Authenticate says who sent a request, by a login of the program that the Server is part of. An empty user is nobody;
	// expires is when the login ends, zero when that is not known; an error means that it cannot be told now, and is answered
	// 503. It is called for requests that no credential of Belfry's lets in, by several goroutines at once. While a stream is
	// open it is called every minute with a copy of the request, without its body: look the login up anew, so that who logs out
	// loses their streams. Default: none.
	Authenticate func(r *http.Request) (user string, expires time.Time, err error)

	// Recheck is how often the logins of open streams are looked at again: those of Django, Ask and Authenticate. Default 0:
	// a minute.
	Recheck time.Duration

	// AllowedOrigins are the web origins, exactly as browsers write them (`https://app.example.com`, no path, no
	// wildcard), whose pages may call with credentials. Default: the server's own origin alone.
	AllowedOrigins []string

	// TrustedProxies are the networks in which proxies stand that are believed when they say in X-Forwarded-For for whom
	// they ask. Default: none, and the address of a client is that of whoever connects.
	TrustedProxies []netip.Prefix
	// Limits say how often one client may ask. Default: [DefaultLimits].
	Limits Limits
	// Heartbeat is the longest silence on a stream, at most 30 s. Default: 25 s.
	Heartbeat time.Duration

	// MaxConnections bounds the streams open at once. Default 0: no bound.
	MaxConnections int

	// MaxConnectionsPerUser bounds one person's streams. Default 0: 20. Negative: no bound.
	MaxConnectionsPerUser int

	// PortableStreams keeps every stream in net/http, a goroutine each. Default: on Linux, streams over plain HTTP/1.1 leave it and
	// cost a fiftieth of the memory.
	PortableStreams bool

	// Retention is how long notifications are kept once they are read or archived, and broadcasts in any case.
	// Default 0: 90 days. Negative: for ever.
	Retention time.Duration

	// Carrier takes mail away; package smtpmail has one for SMTP. Default: mail is rendered and kept for viewing, and never
	// leaves (state captured). The Server uses it and does not close it: close it after the Server.
	Carrier belfry.Carrier

	// From is the sender of mail: an address, with or without a name. Default: `Belfry <belfry@localhost>`; required with
	// a Carrier.
	From string

	// ReplyTo is where answers to mail go that names no other address, as where the mail server rewrites From. Default: they
	// go to From.
	ReplyTo string

	// Rules say of categories where they go and how their mail is sent; see [Server.SetRules]. Default: none.
	Rules belfry.Rules

	// Templates holds the words of mail: a folder for each category (`order.assigned/subject.txt`, `body.html`, `body.txt`),
	// `layouts` and `partials`. Default: every mail has Belfry's own layout.
	Templates fs.FS

	// PublicURL is where people reach this Server (`https://bell.example.com`), for the links in mail. Default: links that
	// are paths, and the one to unsubscribe, are left out.
	PublicURL string

	// OpenDashboard lets whoever reaches the Server by a name of this machine (localhost, a loopback address) look at the
	// mail below /dashboard/ without signing in: for a demo that only this machine can reach. Default: an API key is asked for.
	OpenDashboard bool

	// HideMetrics takes /metrics off the handler, for a program that serves [Server.MetricsHandler] elsewhere.
	HideMetrics bool

	// Logger gets one line for each request and whatever an operator must know. No secret is ever written to it.
	// Default: slog.Default().
	Logger *slog.Logger

	// Version is shown by /healthz and the metrics. Default: "dev".
	Version string
}

// An APIKey lets an app's back end in.
type APIKey struct {
	Name   string        // unique, shown in logs
	Secret string        // what stands after `Authorization: Bearer `, at least 8 characters, better 16; see [NewKey]
	Scopes belfry.Scopes // what it may do; 0: everything
}

// JWT says how the tokens that an app gives its people are checked. At most one of Secret and PublicKey is set; the
// algorithm follows from the kind of key, never from the token.
type JWT struct {
	Secret    []byte        // HS256; at least 8 bytes, better 32
	PublicKey []byte        // PEM: RSA (RS256, PS256 families), EC (ES256/384/512 by curve) or Ed25519 (EdDSA)
	KeySetURL string        // where the issuer publishes its public keys (a JWKS), beside the above; read again when they rotate
	Issuer    string        // the `iss` a token must have; empty: any
	Audience  string        // an `aud` a token must have; empty: any
	UserClaim string        // the claim that names the person; empty: user_id, else sub
	Cookies   []string      // the cookies a token may stand in; nil: __Host-belfry_token, belfry_token, access_token
	Leeway    time.Duration // how far in the future `nbf` and `iat` may lie, for clocks that differ; 0: 30 s, negative: none
}

// Django says how the logins of a Django project are checked: SimpleJWT's access tokens by SecretKey alone; sessions, of the
// engines db, cached_db and signed_cookies, where Rows is given too. Whoever has the SecretKey can forge sessions: Ask needs
// no such trust.
type Django struct {
	SecretKey string        // SECRET_KEY
	Fallbacks []string      // SECRET_KEY_FALLBACKS
	Rows      DjangoRows    // Django's database, as package django opens it; nil: no sessions
	Cookie    string        // SESSION_COOKIE_NAME; empty: sessionid
	CookieAge time.Duration // SESSION_COOKIE_AGE, for the engine signed_cookies; 0: two weeks
}

// DjangoRows reads Django's tables; package django implements it. Of one that has a method Ping(context.Context) error, /readyz tells
// when it does not answer.
type DjangoRows = auth.DjangoRows

// Ask names the back end that is asked with `GET URL` and a request's Cookie and Authorization. It answers 200 with
// `{"user_id":"42"}` (a string or an integer; `"expires_at"` in RFC 3339 where it knows), or 401 or 403. Any other answer is an
// outage: new streams and requests are answered 503, open streams stay for Grace. No redirect is followed.
type Ask struct {
	URL     string        // http or https
	Timeout time.Duration // of one question; 0: 3 s
	Cache   time.Duration // how long an answer holds; 0: 5 s, negative: every request is a question
	Grace   time.Duration // how long an open stream outlives an outage; 0: 15 minutes
}

// The defaults that Config names.
const (
	defaultPerUser   = 20
	defaultRetention = 90 * 24 * time.Hour
	defaultVersion   = "dev"
)

// recheckEvery is how long a stream may hear nothing from a bus that can lose rings before the store is asked.
const recheckEvery = 30 * time.Second

// complete puts the defaults in and refuses what cannot be.
func (c *Config) complete() error {
	switch {
	case c.Store == nil:
		return errors.New("a Store is required")
	case len(c.JWT.Secret) > 0 && len(c.JWT.PublicKey) > 0:
		return errors.New("JWT has a Secret and a PublicKey; set the one that the tokens are signed for")
	case c.Recheck < 0:
		return errors.New("the interval Recheck is negative; 0 means a minute")
	case c.MaxConnections < 0:
		return errors.New("MaxConnections is negative; 0 means no bound")
	}
	if err := c.completeNodeName(); err != nil {
		return err
	}
	if c.Bus == nil {
		c.Bus = membus.New()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Version == "" {
		c.Version = defaultVersion
	}
	if c.Retention == 0 {
		c.Retention = defaultRetention
	}
	switch {
	case c.MaxConnectionsPerUser == 0:
		c.MaxConnectionsPerUser = defaultPerUser
	case c.MaxConnectionsPerUser < 0:
		c.MaxConnectionsPerUser = 0 // how the hub says "no bound"
	}
	return nil
}

func (c *Config) namedKeys() []auth.NamedKey {
	keys := make([]auth.NamedKey, len(c.Keys))
	for i, k := range c.Keys {
		keys[i] = auth.NamedKey(k)
	}
	return keys
}

// recheck: the bus in process loses nothing, so that where nobody else writes, hearing nothing means that nothing happened.
func (c *Config) recheck(ownBus bool) time.Duration {
	if ownBus && !c.SharedStore {
		return 0
	}
	return recheckEvery
}
