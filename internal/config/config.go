package config

import (
	"log/slog"
	"time"
)

// Config holds every setting of a server. The tags are the documentation: `setting` is the name in the environment,
// `secret` marks what may be given as NAME_FILE and is never printed.
type Config struct {
	Listen
	Database
	Bus
	Keep
	APIKeys
	JWT
	Logins
	Mail
	Words
	Streams
	Limits
	Log
}

// Listen says where the server is reached.
type Listen struct {
	Addr           Address  `setting:"BELFRY_ADDR" group:"Network" default:"127.0.0.1:8000" placeholder:"HOST:PORT" help:"Where it listens."`
	MetricsAddr    Address  `setting:"BELFRY_METRICS_ADDR" group:"Network" placeholder:"HOST:PORT" help:"An own listener for /metrics; without it, /metrics is served at the main address."`
	AllowedOrigins Origins  `setting:"BELFRY_ALLOWED_ORIGINS" group:"Network" placeholder:"ORIGIN,…" help:"Other origins whose pages may use the browser's endpoints with credentials (CORS), like https://app.example.com; without any, only pages of the same origin."`
	TrustedProxies Networks `setting:"BELFRY_TRUSTED_PROXIES" group:"Network" placeholder:"NETWORK,…" help:"The networks in which your proxies stand, like 127.0.0.1 or 10.0.0.0/8. They are believed when they say in X-Forwarded-For for whom they ask; without any, the address of a client is that of whoever connects."`
}

// Database says where the data is.
type Database struct {
	DatabaseURL DatabaseURL `setting:"BELFRY_DATABASE_URL" secret:"" group:"Data" default:"${database}" placeholder:"URL" help:"Where the data is kept: sqlite: and the path of a file, or postgres://user:password@host:5432/database for several nodes."`
}

// Bus says how nodes ring each other.
type Bus struct {
	BusURL BusURL `setting:"BELFRY_BUS_URL" secret:"" group:"Data" placeholder:"URL" help:"How several nodes on one PostgreSQL ring each other: nats://user:password@host:4222, or postgres (through the database, for a few nodes); without it, within one process."`

	NodeName NodeName `setting:"BELFRY_NODE_NAME" group:"Data" placeholder:"NAME" help:"What this node is called where several are listed: in a person's status, and in the log. People see it; without it, a random name."`
}

// Keep says how long the data is kept.
type Keep struct {
	Retention Retention `setting:"BELFRY_RETENTION" group:"Data" default:"90d" placeholder:"TIME" help:"Notifications that are read or archived, and broadcasts, are removed when they are older than this; days or a duration like 36h."`
}

// APIKeys let the app's back end in.
type APIKeys struct {
	Keys Keys `name:"api-keys" setting:"BELFRY_API_KEYS" secret:"" group:"Access" placeholder:"NAME:KEY,…" help:"Keys of the app's back end; with a space and scopes behind it (NAME:KEY send+users) a key may do only that, of send, users, deliveries and admin. Without any, the first start makes one, prints it once and keeps its hash; more are made by belfry key add."`
}

// JWT says which tokens of browsers are believed.
type JWT struct {
	JWTSecret    SigningSecret `setting:"BELFRY_JWT_SECRET" secret:"" group:"Access" placeholder:"SECRET" help:"The secret that signs browsers' tokens with HS256."`
	JWTPublicKey PublicKey     `setting:"BELFRY_JWT_PUBLIC_KEY" secret:"" group:"Access" placeholder:"PEM" help:"The public key (PEM, or the path of a file) that checks browsers' tokens: RSA, EC or Ed25519."`
	JWTIssuer    string        `setting:"BELFRY_JWT_ISSUER" group:"Access" placeholder:"NAME" help:"The iss a token must have; without it, any."`
	JWTAudience  string        `setting:"BELFRY_JWT_AUDIENCE" group:"Access" placeholder:"NAME" help:"The aud a token must have; without it, any."`
	JWTUserClaim string        `setting:"BELFRY_JWT_USER_CLAIM" group:"Access" placeholder:"CLAIM" help:"The claim that says who the token is for; without it, user_id, else sub."`
	JWTCookies   Names         `setting:"BELFRY_JWT_COOKIES" group:"Access" default:"__Host-belfry_token,belfry_token,access_token" placeholder:"NAME,…" help:"The cookies in which a token may come; the first that holds a good one decides."`
}

// Streams bounds the live connections.
type Streams struct {
	HeartbeatInterval     Heartbeat `setting:"BELFRY_HEARTBEAT_INTERVAL" group:"Streams" default:"25s" placeholder:"TIME" help:"How often a quiet stream shows that it lives; at most 30s."`
	MaxConnections        Count     `setting:"BELFRY_MAX_CONNECTIONS" group:"Streams" default:"0" placeholder:"N" help:"Streams in all; 0: no cap."`
	MaxConnectionsPerUser Count     `setting:"BELFRY_MAX_CONNECTIONS_PER_USER" group:"Streams" default:"20" placeholder:"N" help:"Streams of one person; 0: no cap."`
}

// Log says what is written of the work, to standard error.
type Log struct {
	LogLevel  LogLevel  `setting:"BELFRY_LOG_LEVEL" group:"Log" default:"info" placeholder:"LEVEL" help:"What is logged: debug, info, warn or error, and what is worse."`
	LogFormat LogFormat `setting:"BELFRY_LOG_FORMAT" group:"Log" default:"auto" placeholder:"FORMAT" help:"How: text, json, or auto: text on a terminal, else json."`
}

// Remote says which server a client command talks to.
type Remote struct {
	URL ServerURL `name:"server" setting:"BELFRY_URL" group:"Client commands" default:"http://127.0.0.1:8000" placeholder:"URL" help:"The server that belfry send and belfry listen talk to."`
}

// RemoteKey is the key that a client command shows.
type RemoteKey struct {
	APIKey Secret `setting:"BELFRY_API_KEY" secret:"" group:"Client commands" placeholder:"KEY" help:"The API key that belfry send shows; without it, the first of BELFRY_API_KEYS."`
}

// RemoteToken is the token that a client command shows.
type RemoteToken struct {
	Token Secret `setting:"BELFRY_TOKEN" secret:"" group:"Client commands" placeholder:"JWT" help:"The person's token that belfry listen shows; without it, one is made with BELFRY_JWT_SECRET."`
}

// all is every setting there is, for the reference page and the search for unknown names.
type all struct {
	Config
	Remote
	RemoteKey
	RemoteToken
}

// DefaultDatabase is where the data is kept when nothing says otherwise. It is the kong variable "database", so that a
// command can have another default.
const DefaultDatabase = "sqlite:belfry.db"

// Level returns the level for a log handler.
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// Duration returns the interval.
func (h Heartbeat) Duration() time.Duration { return time.Duration(h) }

// Duration returns how long.
func (r Retention) Duration() time.Duration { return time.Duration(r) }
