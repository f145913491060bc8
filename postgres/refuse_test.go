package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// TestRefused: what only a person can mend is an error that says how, and holds no password.
func TestRefused(t *testing.T) {
	t.Parallel()
	newer, readOnly, latin, lazy, old := shared.Database(t), shared.Database(t), shared.URL("latin"), shared.Database(t), shared.Database(t)
	if s := openURL(t, newer); s.Epoch() == "" {
		t.Fatal("no epoch")
	}
	for _, do := range [][2]string{
		{pgtest.Name(newer), `INSERT INTO belfry.goose_db_version (version_id, is_applied) VALUES (9999, true)`},
		{"postgres", `ALTER DATABASE ` + pgtest.Name(readOnly) + ` SET default_transaction_read_only = on`},
		{"postgres", `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`},
		{"postgres", `ALTER DATABASE ` + pgtest.Name(lazy) + ` SET synchronous_commit = off`},
		{"postgres", `CREATE ROLE nobody LOGIN`},
		// What is asked for its version lies: it is one older than the oldest that will do.
		{pgtest.Name(old), `CREATE SCHEMA old; CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS
			$$SELECT CASE name WHEN 'server_version_num' THEN '130014' ELSE pg_catalog.current_setting(name) END$$`},
		{"postgres", `ALTER DATABASE ` + pgtest.Name(old) + ` SET search_path = old, pg_catalog`},
	} {
		if _, err := shared.SQL(do[0], do[1]); err != nil {
			t.Fatal(err)
		}
	}
	for url, want := range map[string]string{
		"postgres://belfry:hunter2@127.0.0.1:1/b":                                  "does not answer",
		"postgres://belfry:hunter2@127.0.0.1:x/b":                                  "not the address of a PostgreSQL database",
		shared.URL("nowhere"):                                                      "make it with CREATE DATABASE",
		strings.Replace(shared.URL("postgres"), "tester@", "stranger:hunter2@", 1): "refuses the role",
		strings.Replace(shared.Database(t), "tester@", "nobody@", 1):               "the role must own the schema belfry",
		newer:    "run a newer Belfry",
		readOnly: "the server is read-only",
		latin:    "encoding is LATIN1",
		lazy:     "synchronous_commit is off",
		old:      "the server is PostgreSQL 13, and Belfry needs 14 or newer: upgrade it",
	} {
		_, err := postgres.Open(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", strings.ReplaceAll(url, "hunter2", "…"), err, want)
		}
	}
}

// TestCopy: a copy of the database is another one to whoever holds a cursor, and its mail may have left the original.
func TestCopy(t *testing.T) {
	t.Parallel()
	url := shared.Database(t)
	s, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	a := send(belfry.ToUser("ada"), "mail")
	a.Decide = func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{{
			Channel: belfry.Email, To: "ada@example.com", State: belfry.Queued, NextAttemptAt: start, Plan: &belfry.MailPlan{},
		}}}
	}
	if _, err := s.Accept(t.Context(), []belfry.Accept{a}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := openURL(t, shared.Copy(t, url))
	c, err := copied.Changes(t.Context(), "ada", belfry.Cursor{Epoch: s.Epoch(), Seq: 1}, 10, start)
	if err != nil || c.Reset != belfry.ResetEpoch {
		t.Errorf("a cursor of the original is answered %q, %v", c.Reset, err)
	}
	mails, _, err := copied.Claim(t.Context(), belfry.ClaimQuery{Order: []belfry.MailClass{belfry.Transactional}, Limit: 1, Now: start, Lease: time.Minute})
	if err != nil || len(mails) != 1 || !mails[0].Committed {
		t.Errorf("the copy's mail is not in doubt: %+v, %v", mails, err)
	}
	if again := openURL(t, url); again.Epoch() != s.Epoch() {
		t.Errorf("the original has another epoch, %s and not %s", again.Epoch(), s.Epoch())
	}
}

// TestAdmin: short commands stand beside nodes, and make no tables.
func TestAdmin(t *testing.T) {
	t.Parallel()
	if _, err := postgres.OpenAdmin(t.Context(), shared.Database(t)); err == nil || !strings.Contains(err.Error(), "belfry serve") {
		t.Errorf("without tables: got %v", err)
	}
	url := again(t)
	s := openURL(t, url)
	a, err := postgres.OpenAdmin(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Ping(t.Context()), a.AddKey(t.Context(), belfry.Key{Name: "app", CreatedAt: start})); err != nil {
		t.Error(err)
	}
	if keys, err := s.Keys(t.Context()); err != nil || len(keys) != 1 || keys[0].Name != "app" {
		t.Errorf("the node sees %v, %v", keys, err)
	}
	if err := errors.Join(a.RemoveKey(t.Context(), "app"), a.Close(), a.Close()); err != nil {
		t.Error(err)
	}
}
