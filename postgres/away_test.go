package postgres_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// TestRestart: the server is restarted and crashes while senders send. What was answered is there once; what was refused as
// not stored is not there; and the store comes back by itself.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=on", "full_page_writes=on")
	w := startSending(t, openURL(t, server.URL("postgres")), "", belfry.CodeUnavailable)
	for _, end := range []func() error{server.Stop, server.Kill, server.Kill} {
		w.awaitAccepted(200)
		if err := errors.Join(end(), server.Run()); err != nil {
			t.Fatal(err)
		}
	}
	w.awaitAccepted(200)
	w.end()
}

// TestReadOnly: while the database takes no changes, sends are refused as unavailable, Ping says why, and reading goes on;
// when it does again, so does sending, and what an app left before.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := openURL(t, server.URL("postgres"))
	serve(t, s, nil)
	w := startSending(t, s, "", belfry.CodeUnavailable)
	w.awaitAccepted(50)
	readOnly := func(is string) {
		t.Helper()
		if _, err := server.SQL("postgres", `SET default_transaction_read_only=off`, `ALTER SYSTEM SET default_transaction_read_only = `+is, `SELECT pg_reload_conf()`); err != nil {
			t.Fatal(err)
		}
	}
	readOnly("on")
	w.awaitRefused(16)
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("ping: %v", err)
	}
	if page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 1000, Now: start}); err != nil || len(page.Results) < 50 {
		t.Errorf("the list has %d, %v", len(page.Results), err)
	}
	err := pgx.BeginFunc(t.Context(), pool(t, server.URL("postgres")), func(tx pgx.Tx) error {
		return byAcceptTx(t.Context(), tx, send(belfry.ToUser("bob"), "x").Send)
	})
	if err == nil || !strings.Contains(err.Error(), "read-only transaction") {
		t.Errorf("the app's transaction: %v", err)
	}
	readOnly("off")
	w.awaitAccepted(50)
	w.end()
	inTransaction(t, pool(t, server.URL("postgres")), func(tx pgx.Tx) error {
		return byAcceptTx(t.Context(), tx, send(belfry.ToUser("bob"), "x").Send)
	})
	takenIn(t, s)
}

// TestFailover: a standby is refused by itself; a store that was given both goes on with it when the primary dies and the
// standby is promoted. Nothing that was acknowledged is lost, for the standby had it.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, "fsync=on", "full_page_writes=on")
	made := openURL(t, primary.URL("postgres"))
	standby := primary.StartStandby(t)
	if _, err := postgres.Open(t.Context(), standby.URL("postgres")); err == nil || !strings.Contains(err.Error(), "the server is read-only, a standby perhaps: name the primary") {
		t.Errorf("the standby alone: %v", err)
	}
	both := fmt.Sprintf("postgres://tester@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write", standby.Port, primary.Port)
	s := openURL(t, both)
	if s.Epoch() != made.Epoch() {
		t.Fatalf("the epochs are %s and %s", s.Epoch(), made.Epoch())
	}
	w := startSending(t, s, "", belfry.CodeUnavailable)
	w.awaitAccepted(200)
	if err := errors.Join(primary.Kill(), standby.Promote()); err != nil {
		t.Fatal(err)
	}
	w.awaitAccepted(200)
	w.end()
}

// noise is text that cannot be compressed.
func noise(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()
}

// TestFull: on a full disk sends are refused as such, reading goes on, and nothing that was acknowledged is lost; what an app
// left waits. When there is room again, all of it goes on by itself.
func TestFull(t *testing.T) {
	t.Parallel()
	server := pgtest.StartSmall(t, "48m")
	if _, err := server.SQL("postgres", `CREATE DATABASE small TABLESPACE small`); err != nil {
		t.Fatal(err)
	}
	url := server.URL("small")
	s := openURL(t, url)
	p := pool(t, url)
	if err := server.Fill(20); err != nil {
		t.Fatal(err)
	}
	w := startSending(t, s, noise(3000), belfry.CodeFull)
	w.awaitAccepted(20)
	inTransaction(t, p, func(tx pgx.Tx) error { return byAcceptTx(t.Context(), tx, send(belfry.ToUser("bob"), "waits").Send) })
	w.awaitRefused(100)
	if page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 10, Now: start}); err != nil || len(page.Results) != 10 {
		t.Errorf("on the full disk the list has %d, %v", len(page.Results), err)
	}
	big := send(belfry.ToUser("bob"), "too big")
	big.Send.Body = noise(100_000)
	for patience := time.After(30 * time.Second); ; {
		err := pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error { return byAcceptTx(t.Context(), tx, big.Send) })
		if err != nil {
			if !strings.Contains(err.Error(), "No space left on device") {
				t.Errorf("the app's transaction: %v", err)
			}
			break
		}
		select { // a page may have had room for it
		case <-time.After(time.Millisecond):
		case <-patience:
			t.Fatal("the app finds room on the full disk for ever")
		}
	}
	serve(t, s, nil)
	if err := server.Fill(0); err != nil {
		t.Fatal(err)
	}
	w.awaitAccepted(50)
	if state := takenIn(t, s); state.Refused > 0 {
		t.Errorf("the intake holds %+v", state)
	}
	page, err := s.List(t.Context(), belfry.ListQuery{User: "bob", Limit: 1000, Now: time.Now()})
	if err != nil || len(page.Results) == 0 || page.Results[len(page.Results)-1].Title != "waits" {
		t.Errorf("bob's list has %d, %v", len(page.Results), err)
	}
	w.end()
}
