package server

import (
	"log/slog"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is everything a [Server] is made of. Only Store is required; the zero value of every other field is a working
// default, named beside it. A Server keeps what it is given: change nothing in a Config after New.
type Config struct {
	// Store holds the data. Required. The Server uses it and does not close it.
	Store belfry.Store

	// Bus rings the other nodes. Default: within this process alone. A Bus given here is not closed by the Server.
	Bus belfry.Bus

	// Keys are API keys beside those in the store. Default: only those in the store.
	Keys []APIKey

	// JWT says how people's tokens are checked. Default: none is accepted, and only tickets let people in.
	JWT JWT

	// AllowedOrigins are the web origins, exactly as browsers write them (`https://app.example.com`, no path, no
	// wildcard), whose pages may call with credentials. Default: the server's own origin alone.
	AllowedOrigins []string

	// Heartbeat is the longest silence on a stream, at most 30 s. Default: 25 s.
	Heartbeat time.Duration

	// MaxConnections bounds the streams open at once. Default 0: no bound.
	MaxConnections int

	// MaxConnectionsPerUser bounds one person's streams. Default 0: 20. Negative: no bound.
	MaxConnectionsPerUser int

	// Retention is how long notifications are kept once they are read or archived, and broadcasts in any case.
	// Default 0: 90 days. Negative: for ever.
	Retention time.Duration

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
	Name   string // unique, shown in logs
	Secret string // what stands after `Authorization: Bearer `; see [NewKey]
}

// JWT says how the tokens that an app gives its people are checked. At most one of Secret and PublicKey is set; the
// algorithm follows from the kind of key, never from the token.
type JWT struct {
	Secret    []byte        // HS256
	PublicKey []byte        // PEM: RSA (RS256, PS256 families), EC (ES256/384/512 by curve) or Ed25519 (EdDSA)
	Issuer    string        // the `iss` a token must have; empty: any
	Audience  string        // an `aud` a token must have; empty: any
	UserClaim string        // the claim that names the person; empty: user_id, else sub
	Cookies   []string      // the cookies a token may stand in; nil: belfry_token, access_token
	Leeway    time.Duration // how far clocks may differ; 0: the default of package auth
}
