package django_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/django"
	"github.com/belfryhq/belfry/internal/pgtest"
)

// A database that is not there yet is opened all the same, fails meanwhile, and is read as soon as it is there.
func TestOpenBeforeItIsThere(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := strings.TrimPrefix(sqliteURL(t), "sqlite:")
		later := filepath.Join(t.TempDir(), "no such folder yet", "later.sqlite3")
		comes(t, "sqlite:"+later, func() error {
			if err := os.Mkdir(filepath.Dir(later), 0o700); err != nil {
				return err
			}
			return os.Symlink(file, later)
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := pgtest.Start(t)
		for _, stmt := range append([]string{"SET TIME ZONE 'UTC'"}, schema("timestamptz", "boolean", "uuid")...) {
			if _, err := server.SQL("postgres", stmt); err != nil {
				t.Fatal(err)
			}
		}
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		comes(t, strings.Replace(server.URL("postgres"), "tester@", "tester:canary@", 1), server.Run)
	})
}

func comes(t *testing.T, at string, arrive func() error) {
	t.Helper()
	var log strings.Builder
	d := open(t, django.Config{URL: at, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if said := log.String(); !strings.Contains(said, "level=WARN") || !strings.Contains(said, "does not answer") || strings.Contains(said, "canary") {
		t.Errorf("the log says %q, want a warning without a secret", said)
	}
	if err := d.Ping(t.Context()); err == nil {
		t.Error("ping: it is not there, and said to answer")
	}
	if _, _, err := d.Session(t.Context(), "k1"); err == nil || errors.Is(err, belfry.ErrNotFound) {
		t.Errorf("a session: got %v, want an outage", err)
	}
	if err := arrive(); err != nil {
		t.Fatal(err)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	if data, _, err := d.Session(t.Context(), "k1"); err != nil || data != "data:1:sig" {
		t.Errorf("a session: got %q, %v", data, err)
	}
}
