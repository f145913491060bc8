package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open opens a store in a file of its own, and closes it at the end.
func open(tb testing.TB, opts ...sqlite.Option) *sqlite.Store {
	tb.Helper()
	return openFile(tb, filepath.Join(tb.TempDir(), "belfry.db"), opts...)
}

func openFile(tb testing.TB, path string, opts ...sqlite.Option) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), path, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// accept has sends accepted, each of them.
func accept(tb testing.TB, s *sqlite.Store, sends ...belfry.Accept) []belfry.Accepted {
	tb.Helper()
	out, err := s.Accept(tb.Context(), sends)
	if err != nil {
		tb.Fatal(err)
	}
	for i, a := range out {
		if a.Err != nil {
			tb.Fatalf("send %d: %v", i, a.Err)
		}
	}
	return out
}

func send(to belfry.To, title string) belfry.Accept {
	return belfry.Accept{Send: &belfry.Send{To: to, Category: "order.assigned", Title: title}, At: start}
}

func list(tb testing.TB, s *sqlite.Store, user string) belfry.Page {
	tb.Helper()
	page, err := s.List(tb.Context(), belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 100_000, Now: start})
	if err != nil {
		tb.Fatal(err)
	}
	return page
}
