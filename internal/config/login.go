package config

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Logins say which logins of others are believed.
type Logins struct {
	JWKSURL   WebURL  `name:"jwks-url" setting:"BELFRY_JWKS_URL" group:"Access" placeholder:"URL" help:"Where the issuer of browsers' tokens publishes its public keys (a JSON Web Key Set); read again when the keys rotate."`
	JWTLeeway Pause   `setting:"BELFRY_JWT_LEEWAY" group:"Access" default:"30s" placeholder:"TIME" help:"How far in the future nbf and iat of a token may lie, for clocks that differ; exp gets none."`
	Recheck   Recheck `name:"login-recheck" setting:"BELFRY_LOGIN_RECHECK" group:"Access" default:"1m" placeholder:"TIME" help:"How often the login of an open stream is looked at again, so that who logs out loses it; from 1s to 1m."`

	AuthURL        WebURL `name:"auth-url" setting:"BELFRY_AUTH_URL" group:"Your back end's login" placeholder:"URL" help:"Asked with the cookies and the Authorization of a request (GET); answers 200 and {\"user_id\":…}, or 401."`
	AuthURLTimeout Pause  `name:"auth-url-timeout" setting:"BELFRY_AUTH_URL_TIMEOUT" group:"Your back end's login" default:"3s" placeholder:"TIME" help:"How long one question may take; later it counts as an outage, and the request is answered 503."`
	AuthURLCache   Pause  `name:"auth-url-cache" setting:"BELFRY_AUTH_URL_CACHE" group:"Your back end's login" default:"5s" placeholder:"TIME" help:"How long an answer holds; 0s: every request is a question."`
	AuthURLGrace   Pause  `name:"auth-url-grace" setting:"BELFRY_AUTH_URL_GRACE" group:"Your back end's login" default:"15m" placeholder:"TIME" help:"How long open streams outlive an outage of the back end."`

	DjangoSecretKey   SigningSecret `name:"django-secret-key" setting:"BELFRY_DJANGO_SECRET_KEY" secret:"" group:"Django" placeholder:"KEY" help:"Django's SECRET_KEY: by itself it lets in SimpleJWT's access tokens, and with BELFRY_DJANGO_DATABASE_URL sessions. Whoever has it can forge both; BELFRY_AUTH_URL needs no such trust."`
	DjangoFallbacks   SecretKeys    `name:"django-secret-key-fallbacks" setting:"BELFRY_DJANGO_SECRET_KEY_FALLBACKS" secret:"" group:"Django" placeholder:"KEY,…" help:"Django's SECRET_KEY_FALLBACKS, separated by commas."`
	DjangoDatabase    ForeignURL    `name:"django-database-url" setting:"BELFRY_DJANGO_DATABASE_URL" secret:"" group:"Django" placeholder:"URL" help:"Django's database, read and never written: sqlite: and the path of a file, or postgres://… by a role that may read the tables of sessions and users."`
	DjangoCookie      Names         `name:"django-session-cookie" setting:"BELFRY_DJANGO_SESSION_COOKIE" group:"Django" default:"sessionid" placeholder:"NAME" help:"Django's SESSION_COOKIE_NAME."`
	DjangoCookieAge   Age           `name:"django-session-cookie-age" setting:"BELFRY_DJANGO_SESSION_COOKIE_AGE" group:"Django" default:"14d" placeholder:"TIME" help:"Django's SESSION_COOKIE_AGE, for the engine signed_cookies; seconds as there, or days, or a duration."`
	DjangoSessions    string        `name:"django-session-table" setting:"BELFRY_DJANGO_SESSION_TABLE" group:"Django" default:"django_session" placeholder:"TABLE" help:"The table of sessions."`
	DjangoUsers       string        `name:"django-user-table" setting:"BELFRY_DJANGO_USER_TABLE" group:"Django" default:"auth_user" placeholder:"TABLE" help:"The table of users, where AUTH_USER_MODEL is another model."`
	DjangoUserColumns Names         `name:"django-user-columns" setting:"BELFRY_DJANGO_USER_COLUMNS" group:"Django" default:"id,password,is_active" placeholder:"ID,PASSWORD,ACTIVE" help:"Its columns: the primary key, the password, and whether the user is active; leave the third out where there is none."`
}

// Check refuses what does not go together. The error is an [Error].
func (l *Logins) Check() error {
	switch {
	case l.DjangoDatabase != "" && l.DjangoSecretKey.Reveal() == "":
		return &Error{"BELFRY_DJANGO_DATABASE_URL", "", errors.New("sessions are checked by Django's key: set BELFRY_DJANGO_SECRET_KEY too")}
	case len(l.DjangoFallbacks) > 0 && l.DjangoSecretKey.Reveal() == "":
		return &Error{"BELFRY_DJANGO_SECRET_KEY_FALLBACKS", "", errors.New("it stands beside BELFRY_DJANGO_SECRET_KEY: set that too")}
	case len(l.DjangoCookie) > 1:
		return &Error{"BELFRY_DJANGO_SESSION_COOKIE", "", errors.New("it holds several names; give one")}
	case len(l.DjangoUserColumns) == 1 || len(l.DjangoUserColumns) > 3:
		return &Error{"BELFRY_DJANGO_USER_COLUMNS", "", errors.New("give the columns of the primary key, the password and, if there is one, is_active")}
	}
	return nil
}

// A WebURL is an http or https address that is asked.
type WebURL string

// UnmarshalText implements [encoding.TextUnmarshaler]. It quotes nothing: an address may hold a password.
func (u *WebURL) UnmarshalText(b []byte) error {
	parsed, err := url.Parse(string(b))
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.Fragment != "" {
		return errors.New("it is not an http or https address; give one like https://app.example.com/whoami/")
	}
	*u = WebURL(b)
	return nil
}

// A ForeignURL is the address of an app's database. It is never printed: it may hold a password.
type ForeignURL Secret

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *ForeignURL) UnmarshalText(b []byte) error {
	scheme, rest, _ := strings.Cut(string(b), ":")
	switch scheme {
	case "postgres", "postgresql":
		if parsed, err := url.Parse(string(b)); err != nil || !strings.HasPrefix(rest, "//") || strings.Trim(parsed.Path, "/") == "" {
			return errors.New("it names no database; give an address like postgres://belfry_ro:password@localhost:5432/app")
		}
	case "sqlite":
		if strings.Trim(rest, "/") == "" || strings.ContainsAny(rest, "?\x00") {
			return errors.New("it names no file; give sqlite: and the path that DATABASES has as NAME, and nothing after it")
		}
	default:
		return errors.New("it is not the address of a database; give sqlite: and the path of a file, or postgres://…")
	}
	*u = ForeignURL(b)
	return nil
}

// String returns a mask.
func (u ForeignURL) String() string { return Secret(u).String() }

// GoString returns a mask.
func (u ForeignURL) GoString() string { return Secret(u).String() }

// MarshalText returns a mask.
func (u ForeignURL) MarshalText() ([]byte, error) { return Secret(u).MarshalText() }

// Reveal returns the address.
func (u ForeignURL) Reveal() string { return string(u) }

// SecretKeys are secrets that sign, separated by commas.
type SecretKeys []SigningSecret

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *SecretKeys) UnmarshalText(b []byte) error {
	items := splitList(string(b))
	keys := make(SecretKeys, len(items))
	for i, item := range items {
		if err := keys[i].UnmarshalText([]byte(item)); err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	*k = keys
	return nil
}

// Reveal returns the values.
func (k SecretKeys) Reveal() []string {
	var values []string
	for _, key := range k {
		values = append(values, key.Reveal())
	}
	return values
}

// A Pause is a short time, from none to a day.
type Pause time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Pause) UnmarshalText(b []byte) error {
	d, err := between(b, 0, 24*time.Hour)
	*p = Pause(d)
	return err
}

// A Recheck is how often something is looked at.
type Recheck time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Recheck) UnmarshalText(b []byte) error {
	d, err := between(b, time.Second, time.Minute) // longer would break the promise that a log-out ends streams within a minute
	*r = Recheck(d)
	return err
}

func between(b []byte, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(string(b))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%.40q is not a duration; give one like 5s", b)
	case d < least || d > most:
		return 0, fmt.Errorf("%.40q is out of range; give from %v to %v", b, least, most)
	}
	return d, nil
}

// An Age is how long something holds, as Django writes it: in seconds; or as a [Retention] is written.
type Age time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Age) UnmarshalText(b []byte) error {
	d, err := parseTime(string(b))
	if n, plain := strconv.ParseUint(string(b), 10, 31); plain == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%.40q is not a time span; give seconds like 1209600, days like 14d, or a duration like 36h", b)
	}
	*a = Age(d)
	return nil
}
