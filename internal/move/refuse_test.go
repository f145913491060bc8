package move_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/move"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

func openRaw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// refused has a move fail, with words that say what to do.
func (s side) refused(t *testing.T, want string, change ...func(*move.Mover)) {
	t.Helper()
	if _, err := s.move(t.Context(), change...); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestForgotten: a table, or a column, that one side has and the other does not know is found before anything is written. Nobody
// can add one and forget it here.
func TestForgotten(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		`CREATE TABLE topics (name TEXT PRIMARY KEY)`:    "does not know how to move the file's table topics",
		`ALTER TABLE users ADD COLUMN birthday INTEGER`:  "does not know how to move users.birthday",
		`ALTER TABLE keys RENAME COLUMN used_at TO last`: "does not know how to move keys.last",
	} {
		s := filled(t)
		s.raw(t, statement)
		s.refused(t, want)
		if n := dbRows(t, s.url); n != "0" {
			t.Errorf("%s: %s rows were written", statement, n)
		}
	}
	for statement, want := range map[string]string{
		`CREATE TABLE belfry.topics (name text PRIMARY KEY)`:        "does not know what the target's table topics should hold",
		`ALTER TABLE belfry.users ADD COLUMN birthday bigint`:       "does not know what the target's column users.birthday should hold",
		`ALTER TABLE belfry.keys RENAME COLUMN used_at TO last`:     "the target has no column keys.used_at",
		`DROP TABLE belfry.suppressions`:                            "the target has no table suppressions",
		`ALTER TABLE belfry.meta ADD COLUMN mood text DEFAULT 'ok'`: "the target's column meta.mood",
	} {
		s := filled(t)
		shut(t, s.target(t))
		dbExec(t, s.url, statement)
		s.refused(t, want)
		if n := dbRows(t, s.url); n != "0" {
			t.Errorf("%s: %s rows were written", statement, n)
		}
	}
}

func dbRows(t *testing.T, url string) string {
	return dbExec(t, url, `SELECT count(*) FROM belfry.users`)
}

// TestRefused: what cannot be moved, or not there, is told with the mend, and neither side is changed.
func TestRefused(t *testing.T) {
	t.Parallel()
	t.Run("source", func(t *testing.T) {
		t.Parallel()
		for name, want := range map[string]string{
			"missing": "no such file", "foreign": "not a Belfry database", "empty": "not a Belfry database", "older": "needs",
			"newer": "run a newer Belfry", "backup": "was not opened yet", "text": "not a Belfry database",
		} {
			s := newSide(t)
			before := spoil(t, s, name)
			s.refused(t, want)
			s.refused(t, want, ahead)
			if before != "" && contents(t, s.file) != before {
				t.Errorf("%s: the file was changed", name)
			}
			if there := dbExec(t, s.url, `SELECT to_regnamespace('belfry') IS NOT NULL`); there != "f" {
				t.Errorf("%s: the target was touched", name)
			}
		}
	})
	t.Run("target", func(t *testing.T) {
		t.Parallel()
		s := filled(t)
		other := filled(t)
		for _, ahead := range []bool{false, true} {
			away := side{s.file, "postgres://belfry:hunter2@127.0.0.1:1/b"}
			away.refused(t, "does not answer", func(m *move.Mover) { m.Ahead = ahead })
		}
		// One that is in use, for however short.
		store := s.target(t)
		s.refused(t, "has the database open")
		accept(t, store, send(belfry.ToUser("ada"), "there"))
		shut(t, store)
		s.refused(t, "is not empty, it has notifications, users")
		// One that broadcasts were sent in, all of which are gone.
		dbExec(t, s.url, `DELETE FROM belfry.users; DELETE FROM belfry.notifications; UPDATE belfry.meta SET bseq=1`)
		s.refused(t, "is not empty, it has meta")
		dbExec(t, s.url, `UPDATE belfry.meta SET bseq=0`)
		s.moved(t, ahead)
		other.url = s.url
		other.refused(t, "a move of another database (epoch")
		s.moved(t)
		other.refused(t, "is not empty")
		dbExec(t, s.url, `INSERT INTO belfry.goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		s.refused(t, "run a newer Belfry")
	})
}

// spoil makes a file that cannot be moved, and returns its content.
func spoil(t *testing.T, s side, how string) string {
	t.Helper()
	switch how {
	case "missing":
		return ""
	case "empty", "text":
		text := map[string]string{"empty": "", "text": "this is a text, and no database"}[how]
		if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return text
	case "foreign":
		s.raw(t, `CREATE TABLE things (id INTEGER)`)
		return contents(t, s.file)
	case "backup":
		store := s.source(t)
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := store.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		shut(t, store)
		if err := os.Rename(file, s.file); err != nil {
			t.Fatal(err)
		}
		return contents(t, s.file)
	}
	shut(t, s.source(t))
	s.raw(t, map[string]string{
		"older": `DELETE FROM goose_db_version WHERE version_id=(SELECT max(version_id) FROM goose_db_version)`,
		"newer": `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`,
	}[how])
	return contents(t, s.file)
}

// TestAtOnce: of two moves, one refuses, and does no harm.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	s := filled(t)
	source, err := sqlite.OpenSource(t.Context(), s.file, true)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, source)
	target, err := postgres.OpenTarget(t.Context(), s.url, source.Epoch())
	if err != nil {
		t.Fatal(err)
	}
	s.refused(t, "another `belfry move` into this database is under way")
	if _, err := (&move.Mover{Source: source, Target: target}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	shut(t, target)
	if moved := s.moved(t); moved["users"].Written != 0 || moved["users"].Rows == 0 {
		t.Errorf("afterwards: %+v", moved)
	}
	held, err := sqlite.OpenSource(t.Context(), s.file, false)
	if err != nil {
		t.Fatal(err)
	}
	s.refused(t, fmt.Sprintf("process %d has it open", os.Getpid()))
	if _, err := sqlite.Open(t.Context(), s.file); err == nil || !strings.Contains(err.Error(), "has it open") {
		t.Errorf("a server may open the file in the middle of a move: %v", err)
	}
	shut(t, held)
}
