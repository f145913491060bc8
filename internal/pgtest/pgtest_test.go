package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry/internal/pgtest"
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
