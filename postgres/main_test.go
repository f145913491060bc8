package postgres_test

import (
	"os"
	"testing"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

var shared pgtest.Shared //nolint:gochecknoglobals // one server for all tests, started and stopped by TestMain

func TestMain(m *testing.M) { os.Exit(shared.Main(m, "max_connections=400")) }

// again returns the address of a database whose tables are as new, and leaves it to another test at the end.
func again(tb testing.TB) string {
	tb.Helper()
	url := shared.Take(tb)
	tb.Cleanup(func() {
		if err := shared.GiveBack(url); err != nil {
			tb.Error(err)
		}
	})
	return url
}

// open opens a store in a database of its own, and closes it at the end.
func open(tb testing.TB) *postgres.Store {
	tb.Helper()
	return openURL(tb, again(tb))
}

func openURL(tb testing.TB, url string) *postgres.Store {
	tb.Helper()
	s, err := postgres.Open(tb.Context(), url)
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
