//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"testing"
)

// StartStandby starts a hot standby of a server: it follows, and can be read from. A transaction of the server is committed
// from now on when the standby has it too.
func (s *Server) StartStandby(t testing.TB) *Server {
	t.Helper()
	b, err := newServer(nil)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	copied := b.program("pg_basebackup", "-h", "127.0.0.1", "-p", fmt.Sprint(s.Port), "-U", "tester", "-D", b.data(), "-R", "--checkpoint=fast", "--no-sync")
	if out, err := copied.CombinedOutput(); err != nil {
		t.Fatalf("pgtest: pg_basebackup: %v\n%s", err, out)
	}
	if err := os.Chmod(b.data(), 0o700); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if err := b.start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if _, err := s.SQL("postgres", `ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return b
}

// Promote makes a standby a server of its own.
func (s *Server) Promote() error {
	_, err := s.SQL("postgres", `SELECT pg_promote()`)
	return err
}
