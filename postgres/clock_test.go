package postgres_test

import (
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// shifted makes the server's clock, as one node sees it, differ from this machine's: its own function stands before PostgreSQL's.
func shifted(t *testing.T, by string) (url string) {
	t.Helper()
	url = again(t)
	if _, err := shared.SQL(pgtest.Name(url), `CREATE SCHEMA IF NOT EXISTS elsewhen;
		CREATE OR REPLACE FUNCTION elsewhen.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
		$$ SELECT pg_catalog.clock_timestamp() + interval '`+by+`' $$`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := shared.SQL(pgtest.Name(url), `DROP SCHEMA elsewhen CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return url + "&search_path=elsewhen,pg_catalog,public"
}

// TestClock: the time is the server's, whatever this machine takes it to be.
func TestClock(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]time.Duration{"0": 0, "5 minutes": 5 * time.Minute, "-5 minutes": -5 * time.Minute, "-3 hours": -3 * time.Hour} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			s := openURL(t, shifted(t, by))
			before := time.Now()
			got := s.Now()
			if off := got.Sub(before) - want; off.Abs() > 5*time.Second {
				t.Errorf("the time is %v off", off)
			}
			if off := s.Skew() + want; off.Abs() > 5*time.Second {
				t.Errorf("the skew is %v off", off)
			}
			if later := s.Now(); later.Before(got) {
				t.Errorf("after %v comes %v", got, later)
			}
		})
	}
}

// TestDutyByServersClock: nodes whose clocks differ by hours have the same duty in turn, not together.
func TestDutyByServersClock(t *testing.T) {
	t.Parallel()
	url := shifted(t, "-3 hours")
	a, b := openURL(t, url), openURL(t, url)
	if held, err := a.TakeDuty(t.Context(), "upkeep", "a", time.Minute); err != nil || !held {
		t.Fatalf("got %v, %v", held, err)
	}
	if held, err := b.TakeDuty(t.Context(), "upkeep", "b", time.Minute); err != nil || held {
		t.Fatalf("both have it: %v, %v", held, err)
	}
}
