package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// edit changes a file behind the store's back.
func edit(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// made returns a file that a store made and closed, with one notification for "42".
func made(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	accept(t, s, send(belfry.ToUser("42"), "one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantRefusal(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it was opened")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
}

func TestOpenAgainFindsWhatWasStored(t *testing.T) {
	t.Parallel()
	path := made(t)
	s := openFile(t, path)
	epoch := s.Epoch()
	if page := list(t, s, "42"); len(page.Results) != 1 || page.Counts.Unread != 1 || page.Cursor.Seq != 1 {
		t.Errorf("got %+v", page)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := openFile(t, path).Epoch(); got != epoch {
		t.Errorf("got epoch %s, want %s: it is the same database", got, epoch)
	}
}

func TestIDsRiseAcrossRestarts(t *testing.T) {
	t.Parallel()
	path := made(t)
	s := openFile(t, path)
	first := list(t, s, "42").Results[0].ID
	early := send(belfry.ToUser("42"), "two")
	early.At = start.AddDate(-1, 0, 0) // the clock was set back meanwhile
	if second := accept(t, s, early)[0].ID; second.String() <= first.String() {
		t.Errorf("got %s after %s", second, first)
	}
}

func TestOpenTwiceIsRefused(t *testing.T) {
	t.Parallel()
	path := made(t)
	s := openFile(t, path)
	_, err := sqlite.Open(t.Context(), path)
	wantRefusal(t, err, path, fmt.Sprint("process ", os.Getpid()), "stop that process")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openFile(t, path)
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	t.Run("a file of a newer program", func(t *testing.T) {
		t.Parallel()
		path := made(t)
		edit(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`)
		_, err := sqlite.Open(t.Context(), path)
		wantRefusal(t, err, path, "9000", "run a newer Belfry")
		_, err = sqlite.OpenAdmin(t.Context(), path)
		wantRefusal(t, err, path, "9000", "run a newer Belfry")
	})
	t.Run("a text file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "notes.txt")
		want := "Dear diary, today I saw an owl."
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sqlite.Open(t.Context(), path)
		wantRefusal(t, err, path, "not a Belfry database")
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("the file is now %q, %v", got, err)
		}
	})
	t.Run("another program's database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "django.db")
		edit(t, path, `CREATE TABLE auth_user (id INTEGER PRIMARY KEY)`)
		_, err := sqlite.Open(t.Context(), path)
		wantRefusal(t, err, path, "not a Belfry database")
	})
	t.Run("a damaged file", func(t *testing.T) {
		t.Parallel()
		path := made(t)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 100; i < len(b); i++ {
			b[i] = 0xa5
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = sqlite.Open(t.Context(), path)
		wantRefusal(t, err, path, "damaged", "restore a backup")
	})
	t.Run("a directory that is not there", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "no", "belfry.db")
		_, err := sqlite.Open(t.Context(), path)
		wantRefusal(t, err, path, "make its directory")
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want fs.ErrNotExist in it", err)
		}
	})
	t.Run("a directory in place of the file", func(t *testing.T) {
		t.Parallel()
		_, err := sqlite.Open(t.Context(), t.TempDir())
		wantRefusal(t, err, "is a directory")
	})
}

func TestOpenTakesOddNames(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "50% off?a=b#c d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, filepath.Join(dir, "ключ&x=1.db"))
	accept(t, s, send(belfry.ToUser("42"), "one"))
	if _, err := os.Stat(filepath.Join(dir, "ключ&x=1.db")); err != nil {
		t.Error(err)
	}
}

func TestClosedStoreRefuses(t *testing.T) {
	t.Parallel()
	s := open(t)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser("42"), "one")}); err == nil {
		t.Error("a closed store accepted")
	}
	if err := s.Ping(t.Context()); err == nil {
		t.Error("a closed store answered")
	}
}
