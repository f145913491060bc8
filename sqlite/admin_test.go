package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

func openAdmin(t *testing.T, path string) *sqlite.Admin {
	t.Helper()
	a, err := sqlite.OpenAdmin(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestAdminWorksBesideARunningStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s := openFile(t, path)
	a := openAdmin(t, path)
	k := belfry.Key{Name: "shop", Hash: belfry.HashSecret("secret"), CreatedAt: start}
	if err := a.AddKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Keys(t.Context()); err != nil || len(got) != 1 || got[0] != k {
		t.Errorf("the running store has the keys %v, %v", got, err)
	}
	if err := a.AddKey(t.Context(), k); !errors.Is(err, belfry.Errorf(belfry.CodeConflict, "")) {
		t.Errorf("got %v, want a conflict", err)
	}
	accept(t, s, send(belfry.ToUser("42"), "while the admin is there"))
	if err := a.RemoveKey(t.Context(), "shop"); err != nil {
		t.Error(err)
	}
	if got, err := s.Keys(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("the running store has the keys %v, %v", got, err)
	}
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	t.Run("to make a file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "belfry.db")
		_, err := sqlite.OpenAdmin(t.Context(), path)
		wantRefusal(t, err, path, "no such file")
		if _, err := os.Stat(path); err == nil {
			t.Error("it made the file")
		}
	})
	t.Run("an older file", func(t *testing.T) {
		t.Parallel()
		path := made(t)
		edit(t, path, `DELETE FROM goose_db_version WHERE version_id > 0`)
		_, err := sqlite.OpenAdmin(t.Context(), path)
		wantRefusal(t, err, path, "belfry serve")
	})
}

func TestBackup(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s := openFile(t, path)
	accept(t, s, send(belfry.ToUser("42"), "one"), send(belfry.ToAll(), "two"))
	dest := filepath.Join(t.TempDir(), "copy.db")
	if err := openAdmin(t, path).Backup(t.Context(), dest); err != nil {
		t.Fatal(err)
	}
	accept(t, s, send(belfry.ToUser("42"), "after the backup"))
	if left, err := filepath.Glob(dest + "?*"); err != nil || len(left) > 0 {
		t.Errorf("the copy is not one file: %v, %v", left, err)
	}
	if err := s.Backup(t.Context(), dest); err == nil {
		t.Error("a second backup took the place of the first")
	}

	epochs := map[string]bool{s.Epoch(): true}
	for range 2 {
		b, err := os.ReadFile(dest)
		if err != nil {
			t.Fatal(err)
		}
		restored := filepath.Join(t.TempDir(), "belfry.db")
		if err := os.WriteFile(restored, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r := openFile(t, restored)
		if epochs[r.Epoch()] {
			t.Errorf("the restored store has the epoch %s of another", r.Epoch())
		}
		epochs[r.Epoch()] = true
		if page := list(t, r, "42"); len(page.Results) != 2 || page.Counts.Unread != 2 {
			t.Errorf("the restored store has %+v", page)
		}
		got, err := r.Changes(t.Context(), "42", list(t, s, "42").Cursor, 10, start)
		if err != nil || got.Reset != belfry.ResetEpoch {
			t.Errorf("a cursor from after the backup is answered with %q, %v", got.Reset, err)
		}
	}
}
