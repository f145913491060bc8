package django_test

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/django"
	"github.com/belfryhq/belfry/internal/pgtest"
)

const uuid = "0b8e4f8c-7f7a-4d9e-9a55-3f1d2c9d0a11"

// schema is what Django's migrations make, in short, and a custom user model by UUID without is_active.
func schema(timestamp, boolean, uuidType string) []string {
	return []string{
		`CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date ` + timestamp + ` NOT NULL)`,
		`CREATE TABLE auth_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, is_active ` + boolean + ` NOT NULL)`,
		`CREATE TABLE people (uid ` + uuidType + ` PRIMARY KEY, secret varchar(128) NOT NULL)`,
		`INSERT INTO django_session VALUES ('k1', 'data:1:sig', '2026-03-01 12:00:00.250000')`,
		`INSERT INTO django_session VALUES ('k2', 'data:2:sig', '2026-03-01 12:00:00')`,
		`INSERT INTO auth_user VALUES (1, 'hash-1', true), (2, 'hash-2', false)`,
	}
}

func sqliteURL(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b?#.sqlite3")
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range append(schema("datetime", "bool", "char(32)"), `INSERT INTO people VALUES ('`+strings.ReplaceAll(uuid, "-", "")+`', 'hash-u')`) {
		if _, err := db.ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

func postgresURL(t *testing.T) string {
	t.Helper()
	address := pgtest.Start(t).URL("postgres")
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	stmts := append([]string{"SET TIME ZONE 'UTC'"}, schema("timestamptz", "boolean", "uuid")...)
	for _, stmt := range append(stmts, `INSERT INTO people VALUES ('`+uuid+`', 'hash-u')`) {
		if _, err := conn.Exec(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return address
}

func open(t *testing.T, c django.Config) *django.Database {
	t.Helper()
	d, err := django.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{"sqlite": sqliteURL, "postgres": postgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := address(t)
			d := open(t, django.Config{URL: at})
			sessions(t, d)
			users(t, d)
			custom(t, open(t, django.Config{URL: at, UserTable: "people", Columns: []string{"uid", "secret"}}))
			wrongNames(t, at)
		})
	}
}

func sessions(t *testing.T, d *django.Database) {
	t.Helper()
	for key, want := range map[string]time.Time{"k1": time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC), "k2": time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} {
		data, expires, err := d.Session(t.Context(), key)
		if err != nil || !expires.Equal(want) || data != "data:"+key[1:]+":sig" {
			t.Errorf("session %s: got %q, %v, %v", key, data, expires, err)
		}
	}
	for _, key := range []string{"", "k3", "K1", "k1' OR '1'='1"} {
		if _, _, err := d.Session(t.Context(), key); !errors.Is(err, belfry.ErrNotFound) {
			t.Errorf("session %q: got %v, want not found", key, err)
		}
	}
}

func users(t *testing.T, d *django.Database) {
	t.Helper()
	for id, active := range map[string]bool{"1": true, "2": false} {
		password, got, err := d.User(t.Context(), id)
		if err != nil || password != "hash-"+id || got != active {
			t.Errorf("user %s: got %q, %v, %v", id, password, got, err)
		}
	}
	for _, id := range []string{"3", "", "ada", "1 OR 1=1", "99999999999999999999", uuid} {
		if _, _, err := d.User(t.Context(), id); !errors.Is(err, belfry.ErrNotFound) {
			t.Errorf("user %q: got %v, want not found", id, err)
		}
	}
}

func custom(t *testing.T, d *django.Database) {
	t.Helper()
	if password, active, err := d.User(t.Context(), uuid); err != nil || password != "hash-u" || !active {
		t.Errorf("got %q, %v, %v; want the user by their UUID, active", password, active, err)
	}
	if _, _, err := d.User(t.Context(), "1"); !errors.Is(err, belfry.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func wrongNames(t *testing.T, at string) {
	t.Helper()
	for want, c := range map[string]django.Config{
		"read the sessions": {URL: at, SessionTable: "sessions"}, "read the users": {URL: at, UserTable: "users"},
		"is not the name": {URL: at, UserTable: `x"; DROP TABLE auth_user; --`}, "columns": {URL: at, Columns: []string{"id"}},
	} {
		if _, err := django.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", c, err, want)
		}
	}
}

// What cannot be opened is said without the address, which may hold a password.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "canary.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	noDatabase := strings.Replace(pgtest.Start(t).URL("missing"), "tester@", "tester:canary@", 1)
	for _, at := range []string{
		"", "mysql://u:canary@h/d", "sqlite:", "sqlite:" + t.TempDir(), "sqlite:" + text, "postgres://u:canary@h:port/d", noDatabase,
	} {
		_, err := django.Open(t.Context(), django.Config{URL: at})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an error without a secret", at, err)
		}
	}
}

// Whatever is asked, nothing can be written.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	address := postgresURL(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, django.Config{URL: address})
	if _, _, err := d.Session(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	var conns string
	err = conn.QueryRow(t.Context(), `SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'belfry'`).Scan(&conns)
	if err != nil || conns == "0" {
		t.Errorf("got %s connections by the name belfry, %v", conns, err)
	}
	// A function that writes shows what the connection may do.
	for _, stmt := range []string{
		`CREATE FUNCTION bump() RETURNS varchar LANGUAGE sql AS 'UPDATE auth_user SET password = ''x''; SELECT ''x''::varchar'`,
		`CREATE VIEW traps AS SELECT id, bump() AS password, true AS is_active FROM auth_user`,
	} {
		if _, err := conn.Exec(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := django.Open(t.Context(), django.Config{URL: address, UserTable: "traps"}); err != nil {
		t.Fatal(err) // nobody has the id that is tried
	}
	trapped := open(t, django.Config{URL: address, UserTable: "traps"})
	if _, _, err := trapped.User(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("got %v, want a refusal to write", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
