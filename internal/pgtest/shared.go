//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
)

// A Shared is the server that the tests of a package share, each with a database of its own. It is there while [Shared.Main] runs. Safe
// for use by several goroutines at once.
type Shared struct {
	*Server

	mu   sync.Mutex
	made int
	free []string // addresses of databases that were given back
}

// Main runs the tests of a package on a server with settings as [Open] has them, and returns the exit status: what TestMain hands to
// os.Exit. An error of the server is told on the standard error output, and is a failure.
func (s *Shared) Main(m *testing.M, settings ...string) (code int) {
	var err error
	if s.Server, err = Open(settings...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code = m.Run()
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// Database returns the address of a new database, without tables.
func (s *Shared) Database(t testing.TB) (url string) {
	t.Helper()
	return s.create(t, "")
}

// Copy returns the address of a new database with all that another one has, as if a dump of it were restored. Nobody may have the other
// one open.
func (s *Shared) Copy(t testing.TB, url string) (copied string) {
	t.Helper()
	return s.create(t, " TEMPLATE "+Name(url))
}

func (s *Shared) create(t testing.TB, from string) (url string) {
	t.Helper()
	s.mu.Lock()
	s.made++
	name := fmt.Sprintf("test_%d", s.made)
	s.mu.Unlock()
	if _, err := s.SQL("postgres", "CREATE DATABASE "+name+from); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s.URL(name)
}

// Take returns the address of a database that was given back, and else of a new one: to make the tables takes longer than most tests.
func (s *Shared) Take(t testing.TB) (url string) {
	t.Helper()
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		url, s.free = s.free[n-1], s.free[:n-1]
	}
	s.mu.Unlock()
	if url == "" {
		url = s.Database(t)
	}
	return url
}

// GiveBack makes Belfry's tables in a database as they were when they were new, and leaves it to the next who takes one. Nobody may use it
// meanwhile.
func (s *Shared) GiveBack(url string) error {
	_, err := s.SQL(Name(url), `DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT tablename FROM pg_tables WHERE schemaname='belfry' AND tablename NOT IN ('meta', 'goose_db_version') LOOP
			EXECUTE 'DELETE FROM belfry.' || r.tablename;
		END LOOP;
		UPDATE belfry.meta SET epoch='', home='', version=0, bseq=0, bpruned=0, shared=0, clearing=0, floor=0, due=NULL;
	END $$`)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, url)
	return nil
}

// Name returns the name of the database at an address that [Server.URL] returned, whatever parameters were added to it.
func Name(url string) string {
	address, _, _ := strings.Cut(url, "?")
	return path.Base(address)
}
