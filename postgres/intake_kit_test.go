package postgres_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/postgres"
)

// serve runs what a node does with its store until the test ends; the rules may be nil. It returns the node's bus.
func serve(t *testing.T, s *postgres.Store, rules belfry.Rules) *membus.Bus {
	t.Helper()
	bus := membus.New()
	n, err := notify.New(notify.Config{
		Store: s, Bus: bus, Outbox: s, Intake: s, Decode: api.SendDecoder(), Rules: rules, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(func() {
		n.Close()
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return bus
}

// pool is an app's own connections to the database.
func pool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), url+"&pool_max_conns=32")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func inTransaction(t *testing.T, p *pgxpool.Pool, do func(pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), p, do); err != nil {
		t.Errorf("the app's transaction: %v", err)
	}
}

func byAcceptTx(ctx context.Context, tx pgx.Tx, send *belfry.Send) error {
	_, err := postgres.AcceptTx(ctx, tx, send, "")
	return err
}

func bySQL(ctx context.Context, tx pgx.Tx, send *belfry.Send) error {
	request, err := json.Marshal(send)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `SELECT belfry.belfry_send($1)`, string(request))
	return err
}

// takenIn waits until nothing is left in the intake.
func takenIn(t *testing.T, s *postgres.Store) belfry.IntakeState {
	t.Helper()
	for patience := time.After(40 * time.Second); ; {
		state, err := s.IntakeState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if state.Waiting == 0 {
			return state
		}
		select {
		case <-time.After(time.Millisecond):
		case <-patience:
			t.Fatalf("the intake is not emptied: %+v", state)
		}
	}
}
