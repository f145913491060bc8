package django

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Config says where Django keeps what is read. Only URL is required.
type Config struct {
	// URL is the database: `sqlite:PATH` or `postgres://…`.
	URL string
	// SessionTable is where the engines db and cached_db keep sessions; empty: django_session.
	SessionTable string
	// UserTable is the table of AUTH_USER_MODEL; empty: auth_user.
	UserTable string
	// Columns are those of the user table: the primary key, the password, and, where the model has one, whether the user is
	// active. Empty: id, password, is_active.
	Columns []string
	// Logger hears that the database does not answer at the start; nil: nobody does.
	Logger *slog.Logger
}

// openTimeout is how long the start waits for the database: as long as a visitor would.
const openTimeout = 3 * time.Second

// A Database reads the tables.
type Database struct {
	rows rows
}

// rows are one dialect.
type rows interface {
	session(ctx context.Context, key string) (data string, expires time.Time, err error)
	user(ctx context.Context, id string) (password string, active bool, err error)
	wrong(err error) bool // only a person can mend it
	close() error
}

// Open connects, and reads each table once, so that a wrong name is told at once and not to the first visitor. A database that
// does not answer is no error, for Belfry must not depend on the order in which an app's parts start: until it answers, each look
// at it fails. What only a person can mend is one: an address that cannot be read, a wrong name or password, a table that is not
// there or may not be read. The error never holds the address.
func Open(ctx context.Context, c Config) (*Database, error) {
	q, err := c.queries()
	if err != nil {
		return nil, err
	}
	var d Database
	scheme, path, _ := strings.Cut(c.URL, ":")
	switch scheme {
	case "sqlite":
		d.rows, err = openSQLite(path, q)
	case "postgres", "postgresql":
		d.rows, err = openPostgres(ctx, c.URL, q)
	default:
		err = errors.New("it is not the address of a database: give sqlite: and the path of a file, or postgres://…")
	}
	if err != nil {
		return nil, fmt.Errorf("django: %w", err)
	}
	asking, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	err = d.Ping(asking)
	switch {
	case err == nil:
	case d.rows.wrong(err), ctx.Err() != nil:
		return nil, errors.Join(err, d.rows.close())
	case c.Logger != nil:
		c.Logger.WarnContext(ctx, "Django's database does not answer; its sessions let nobody in until it does", "error", err)
	}
	return &d, nil
}

// Ping reports whether both tables can be read.
func (d *Database) Ping(ctx context.Context) error {
	if err := d.try(ctx); err != nil {
		return fmt.Errorf("django: %w", err)
	}
	return nil
}

// try looks for what cannot be there.
func (d *Database) try(ctx context.Context) error {
	if _, _, err := d.rows.session(ctx, ""); !errors.Is(err, belfry.ErrNotFound) {
		return fmt.Errorf("read the sessions: %w (is it Django's database, migrated, and may it be read?)", err)
	}
	if _, _, err := d.rows.user(ctx, "0"); err != nil && !errors.Is(err, belfry.ErrNotFound) {
		return fmt.Errorf("read the users: %w (a custom user model has another table: set its name and columns)", err)
	}
	return nil
}

// Session returns the session_data and the expire_date of a session; [belfry.ErrNotFound] when there is none.
func (d *Database) Session(ctx context.Context, key string) (data string, expires time.Time, err error) {
	data, expires, err = d.rows.session(ctx, key)
	return data, expires, failure("read a session", err)
}

// User returns a user's password column and whether they are active; [belfry.ErrNotFound] when there is none. A model without a
// column for it has active users only.
func (d *Database) User(ctx context.Context, id string) (password string, active bool, err error) {
	password, active, err = d.rows.user(ctx, id)
	return password, active, failure("read a user", err)
}

// Close frees the connections.
func (d *Database) Close() error { return failure("close", d.rows.close()) }

func failure(what string, err error) error {
	if err == nil || errors.Is(err, belfry.ErrNotFound) {
		return err
	}
	return fmt.Errorf("django: %s: %w", what, err)
}

// queries are the two that there are; a dialect writes its own parameter and cast.
type queries struct {
	sessions, users, id, password, active string
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*$`)

// queries quotes the names, which cannot be parameters.
func (c *Config) queries() (q queries, err error) {
	columns := c.Columns
	if len(columns) == 0 {
		columns = []string{"id", "password", "is_active"}
	}
	if len(columns) < 2 || len(columns) > 3 {
		return q, fmt.Errorf("django: %d columns of the user table: give those of the primary key, the password and, if there is one, is_active", len(columns))
	}
	quote := func(s string, parts int) string {
		cut := strings.Split(s, ".")
		for i, part := range cut {
			if !name.MatchString(part) || len(cut) > parts {
				err = fmt.Errorf("django: %.100q is not the name of a table or column: letters, digits and _", s)
			}
			cut[i] = `"` + part + `"`
		}
		return strings.Join(cut, ".")
	}
	orElse := func(s, def string) string {
		if s == "" {
			return def
		}
		return s
	}
	q = queries{
		sessions: quote(orElse(c.SessionTable, "django_session"), 2), users: quote(orElse(c.UserTable, "auth_user"), 2),
		id: quote(columns[0], 1), password: quote(columns[1], 1), active: "true",
	}
	if len(columns) == 3 {
		q.active = quote(columns[2], 1)
	}
	return q, err
}
