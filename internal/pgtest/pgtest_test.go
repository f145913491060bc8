package pgtest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// Two clusters stand beside each other, each with its own databases.
func TestStart(t *testing.T) {
	t.Parallel()
	a, b := pgtest.Start(t), pgtest.Start(t)
	a.CreateDatabase(t, "only_a")
	for url, want := range map[string]bool{a.URL("only_a"): true, b.URL("only_a"): false, b.URL("postgres"): true} {
		conn, err := pgx.Connect(t.Context(), url)
		if (err == nil) != want {
			t.Fatalf("connect to %s: got error %v, want success %v", url, err, want)
		}
		if err != nil {
			continue
		}
		var one int
		if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&one); err != nil || one != 1 {
			t.Errorf("got %d, %v", one, err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A database that is given back is the next one that is taken, and is as new; a copy of it has what it had.
func TestShared(t *testing.T) {
	t.Parallel()
	shared := &pgtest.Shared{Server: pgtest.Start(t)}
	url := shared.Take(t)
	fill(t, url)
	copied := shared.Copy(t, url)
	if err := shared.GiveBack(url); err != nil {
		t.Fatal(err)
	}
	if got := shared.Take(t); got != url {
		t.Errorf("taken: got %s, want %s, which was given back", got, url)
	}
	for from, want := range map[string]string{url: "0,\n", copied: "1,x\n"} {
		got, err := shared.SQL(pgtest.Name(from), `SELECT (SELECT count(*) FROM belfry.users) || ',' || CASE epoch WHEN '' THEN '' ELSE 'x' END FROM belfry.meta`)
		if err != nil || got != want {
			t.Errorf("users and epoch of %s: got %q, %v, want %q", from, got, err, want)
		}
	}
	if got := shared.Take(t); got == url || got == copied {
		t.Errorf("%s is taken twice", got)
	}
}

// fill makes Belfry's tables, and an inbox in them.
func fill(t *testing.T, url string) {
	t.Helper()
	s, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	to := belfry.Accept{Send: &belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "x"}, At: time.Now()}
	to.Decide = func(*belfry.Recipient) belfry.Decision { return belfry.Decision{Inbox: true} }
	accepted, err := s.Accept(t.Context(), []belfry.Accept{to})
	if err := errors.Join(err, s.Close()); err != nil || accepted[0].Err != nil {
		t.Fatal(err, accepted)
	}
}
