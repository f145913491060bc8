package move_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/move"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

var shared pgtest.Shared //nolint:gochecknoglobals // one server for all tests, started and stopped by TestMain

func TestMain(m *testing.M) { os.Exit(run(m)) }

// histories is how many TestModel plays, where -rapid.checks says nothing: each takes a new file and a move, half a second.
const histories = "30"

func run(m *testing.M) int {
	if err := flag.Set("rapid.checks", histories); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return shared.Main(m)
}

// dbExec runs statements in the database at an address.
func dbExec(t testing.TB, url string, statements ...string) string {
	t.Helper()
	out, err := shared.SQL(pgtest.Name(url), statements...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A side is the file that is moved, and where to.
type side struct{ file, url string }

func newSide(t testing.TB) side {
	t.Helper()
	return side{filepath.Join(t.TempDir(), "belfry.db"), shared.Database(t)}
}

// source opens the file as the server has it.
func (s side) source(t testing.TB) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), s.file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, store) })
	return store
}

// target opens the database as a node has it.
func (s side) target(t testing.TB) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, store) })
	return store
}

func shut(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// move moves as the command does; change may change the mover.
func (s side) move(ctx context.Context, change ...func(*move.Mover)) ([]move.Moved, error) {
	m := move.Mover{}
	for _, c := range change {
		c(&m)
	}
	source, err := sqlite.OpenSource(ctx, s.file, m.Ahead)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	target, err := postgres.OpenTarget(ctx, s.url, source.Epoch())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("target: %w", err), source.Close())
	}
	m.Source, m.Target = source, target
	moved, err := m.Run(ctx)
	return moved, errors.Join(err, source.Close(), target.Close())
}

func (s side) moved(t testing.TB, change ...func(*move.Mover)) map[string]move.Moved {
	t.Helper()
	moved, err := s.move(t.Context(), change...)
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]move.Moved{}
	for _, m := range moved {
		tables[m.Table] = m
	}
	return tables
}

func ahead(m *move.Mover) { m.Ahead = true }

func send(to belfry.To, title string) belfry.Accept {
	return belfry.Accept{Send: &belfry.Send{To: to, Category: "order.assigned", Title: title}, At: start}
}

// accept has sends accepted, each of them.
func accept(t testing.TB, s belfry.Store, sends ...belfry.Accept) []belfry.Accepted {
	t.Helper()
	out, err := s.Accept(t.Context(), sends)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range out {
		if a.Err != nil {
			t.Fatalf("send %d: %v", i, a.Err)
		}
	}
	return out
}
