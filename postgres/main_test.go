package postgres_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// A cluster is the server that the tests of this package share, each with a database of its own.
type cluster struct {
	*pgtest.Server
	mu   sync.Mutex
	n    int
	free []string // databases with empty tables
}

var shared cluster //nolint:gochecknoglobals // one server for all tests, started and stopped by TestMain

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	s, err := pgtest.Open("max_connections=400")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared.Server = s
	code := m.Run()
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// database returns the address of a database without tables.
func database(tb testing.TB) string {
	tb.Helper()
	shared.mu.Lock()
	shared.n++
	name := fmt.Sprintf("test_%d", shared.n)
	shared.mu.Unlock()
	if _, err := shared.SQL("postgres", "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	return shared.URL(name)
}

// again returns the address of a database whose tables are as new; making one takes longer than most tests.
func again(tb testing.TB) string {
	tb.Helper()
	shared.mu.Lock()
	var url string
	if n := len(shared.free); n > 0 {
		url, shared.free = shared.free[n-1], shared.free[:n-1]
	}
	shared.mu.Unlock()
	if url == "" {
		url = database(tb)
	}
	tb.Cleanup(func() {
		if err := empty(url); err != nil {
			tb.Error(err)
			return
		}
		shared.mu.Lock()
		defer shared.mu.Unlock()
		shared.free = append(shared.free, url)
	})
	return url
}

// nameOf returns the name of the database at an address.
func nameOf(url string) string {
	address, _, _ := strings.Cut(url, "?")
	return path.Base(address)
}

func empty(url string) error {
	_, err := shared.SQL(nameOf(url), `DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT tablename FROM pg_tables WHERE schemaname='belfry' AND tablename NOT IN ('meta', 'goose_db_version') LOOP
			EXECUTE 'DELETE FROM belfry.' || r.tablename;
		END LOOP;
		UPDATE belfry.meta SET epoch='', home='', version=0, bseq=0, bpruned=0, shared=0, clearing=0, floor=0, due=NULL;
	END $$`)
	return err
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
