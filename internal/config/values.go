package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Address is a host and a port to listen at: the host may be empty, which is every interface; port 0 takes any free
// one. The empty Address is none.
type Address string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Address) UnmarshalText(b []byte) error {
	host, port, err := net.SplitHostPort(string(b))
	if err != nil {
		return fmt.Errorf("%.100q is not an address; give host and port, like 127.0.0.1:8000 or :8000", b)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("%.40q is not a port; give a number from 0 to 65535", port)
	}
	if strings.ContainsAny(host, "/@ ") {
		return fmt.Errorf("%.100q is not a host; give a name or an IP address without http://", host)
	}
	*a = Address(net.JoinHostPort(host, strconv.FormatUint(n, 10)))
	return nil
}

// Loopback reports whether only this machine can reach the address.
func (a Address) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// A DatabaseURL is the path of an SQLite file, written sqlite:PATH, or the address of a PostgreSQL database, which may
// hold a password.
type DatabaseURL string

const giveDatabase = "give sqlite: and the path of a file, like sqlite:belfry.db, or postgres://user:password@host:5432/database"

// UnmarshalText implements [encoding.TextUnmarshaler]. It quotes nothing: an address of a database server may hold a
// password.
func (d *DatabaseURL) UnmarshalText(b []byte) error {
	scheme, path, ok := strings.Cut(string(b), ":")
	switch scheme {
	case "postgres", "postgresql":
		if u, err := url.Parse(string(b)); err != nil || !strings.HasPrefix(path, "//") || u.Host == "" && u.Query().Get("host") == "" {
			return errors.New("it is not the address of a PostgreSQL database; give postgres://user:password@host:5432/database (characters like @ and / in a password are written %40 and %2F)")
		}
		*d = DatabaseURL(b)
		return nil
	case "sqlite":
	default:
		return errors.New("it is not the address of a database; " + giveDatabase)
	}
	if rest, found := strings.CutPrefix(path, "//"); found {
		if !strings.HasPrefix(rest, "/") {
			return errors.New("after sqlite:// a whole path must follow; write sqlite:belfry.db, or sqlite:/var/lib/belfry/belfry.db")
		}
		path = rest
	}
	switch {
	case !ok || path == "":
		return errors.New("it names no file; give sqlite: and a path, like sqlite:belfry.db")
	case path == ":memory:":
		return errors.New("a database in memory would lose what was acknowledged; give the path of a file")
	case strings.ContainsAny(path, "?\x00"):
		return errors.New("options after the path are not supported; give the path alone")
	case isPostgres(path):
		return errors.New("after sqlite: the path of a file must follow; for PostgreSQL, leave sqlite: out")
	}
	*d = DatabaseURL(path)
	return nil
}

func isPostgres(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// Postgres returns the address of the PostgreSQL database; not ok: it is an SQLite file.
func (d DatabaseURL) Postgres() (address string, ok bool) { return string(d), isPostgres(string(d)) }

// Path returns the path of the SQLite file; empty: it is a PostgreSQL database.
func (d DatabaseURL) Path() string {
	if isPostgres(string(d)) {
		return ""
	}
	return string(d)
}

// String names the database for people, without a password.
func (d DatabaseURL) String() string {
	if u, err := url.Parse(string(d)); isPostgres(string(d)) && err == nil {
		return "postgres://" + u.Host + u.Path
	}
	return string(d)
}

// A BusURL is how nodes ring each other: empty within the process alone, "postgres" through the database, or the address
// of NATS, which may hold a password.
type BusURL string

// BusPostgres rings through the database.
const BusPostgres BusURL = "postgres"

// UnmarshalText implements [encoding.TextUnmarshaler]. It quotes nothing.
func (u *BusURL) UnmarshalText(b []byte) error {
	scheme, _, ok := strings.Cut(string(b), "://")
	switch {
	case len(b) == 0, string(b) == string(BusPostgres), ok && slices.Contains([]string{"nats", "tls", "ws", "wss"}, scheme):
		*u = BusURL(b)
		return nil
	case scheme == "postgres" || scheme == "postgresql":
		return errors.New("it rings through the database of BELFRY_DATABASE_URL: give the word postgres alone")
	}
	return errors.New("it is not the address of a bus; give nats://host:4222, or postgres to ring through the database")
}

// A Retention is how long something is kept.
type Retention time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Retention) UnmarshalText(b []byte) error {
	d, err := parseTime(string(b))
	if err != nil {
		return fmt.Errorf("%.40q is not a time span; give days like 90d, or a duration like 36h", b)
	}
	if d < time.Hour {
		return fmt.Errorf("%.40q is too short: what was read a moment ago would be gone; give at least 1h", b)
	}
	*r = Retention(d)
	return nil
}

// parseTime reads a Go duration, or whole days: time.ParseDuration has no unit above the hour.
func parseTime(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

// A Heartbeat is the interval of heartbeats.
type Heartbeat time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Heartbeat) UnmarshalText(b []byte) error {
	const shortest, longest = 100 * time.Millisecond, 30 * time.Second // proxies commonly cut what is silent for a minute
	d, err := time.ParseDuration(string(b))
	switch {
	case err != nil:
		return fmt.Errorf("%.40q is not a duration; give one like 25s", b)
	case d < shortest || d > longest:
		return fmt.Errorf("%.40q is out of range; give from %v to %v", b, shortest, longest)
	}
	*h = Heartbeat(d)
	return nil
}

// A Count is a number from 0 on.
type Count int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *Count) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 10, 31)
	if err != nil {
		return fmt.Errorf("%.40q is not a whole number from 0 to %d", b, 1<<31-1)
	}
	*c = Count(n)
	return nil
}

// A Switch is on or off. It is not a bool, because a flag of that kind takes no value.
type Switch string

// The positions.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Switch) UnmarshalText(b []byte) error {
	switch strings.ToLower(string(b)) {
	case "on", "true", "yes", "1":
		*s = On
	case "off", "false", "no", "0":
		*s = Off
	default:
		return fmt.Errorf("%.40q is neither on nor off", b)
	}
	return nil
}

// A LogLevel is the least that is logged.
type LogLevel slog.Level

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *LogLevel) UnmarshalText(b []byte) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(string(b))]
	if !ok {
		return fmt.Errorf("%.40q is not a level; give debug, info, warn or error", b)
	}
	*l = LogLevel(level)
	return nil
}

// A LogFormat is auto, text or json.
type LogFormat string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *LogFormat) UnmarshalText(b []byte) error {
	switch s := strings.ToLower(string(b)); s {
	case "auto", "text", "json":
		*f = LogFormat(s)
		return nil
	}
	return fmt.Errorf("%.40q is not a format; give auto, text or json", b)
}

// A ServerURL is the address of a running server.
type ServerURL string

// UnmarshalText implements [encoding.TextUnmarshaler]. It quotes nothing: an address may hold a password.
func (s *ServerURL) UnmarshalText(b []byte) error {
	u, err := url.Parse(string(b))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("it is not the address of a server; give one like http://127.0.0.1:8000")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("an address of a server ends with its path; leave out ? and #")
	}
	*s = ServerURL(strings.TrimRight(string(b), "/"))
	return nil
}
