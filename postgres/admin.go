package postgres

import (
	"context"
	"errors"

	"github.com/belfryhq/belfry"
)

// An Admin is for short commands of an operator on a database that nodes may have open at the same time.
type Admin struct{ s *Store }

// OpenAdmin opens a database that [Open] has made. It changes nothing of the tables' form: missing, older and newer ones
// are refused, and one that a move is not finished into.
func OpenAdmin(ctx context.Context, url string) (*Admin, error) {
	s, err := connect(ctx, url, 2)
	if err != nil {
		return nil, err
	}
	err = s.checkVersion(ctx)
	if err == nil {
		err = s.checkMoved(ctx)
	}
	if err != nil {
		s.pool.Close()
		return nil, explain(err)
	}
	return &Admin{s}, nil
}

// checkVersion refuses tables that are not as this program makes them.
func (s *Store) checkVersion(ctx context.Context) error {
	var there bool
	err := s.ask(ctx, func(r row) error {
		there = !r.null(0)
		return nil
	}, `SELECT to_regclass('`+versions+`')::text`)
	if err != nil {
		return err
	}
	if !there {
		return errors.New("there are no tables of Belfry's yet: run `belfry serve` once, which makes them")
	}
	m, err := s.openMigrations()
	if err != nil {
		return err
	}
	version, err := m.version(ctx)
	if err == nil && version < m.newest() {
		err = errors.New("the tables are of an older Belfry: run `belfry serve` once, which brings them up to date")
	}
	return errors.Join(err, m.close())
}

// Ping is [Store.Ping].
func (a *Admin) Ping(ctx context.Context) error {
	return failure("ping", a.s.ask(ctx, func(row) error { return nil }, `SELECT epoch FROM belfry.meta`))
}

// AddKey is [Store.AddKey]. Running nodes let the key in from now on.
func (a *Admin) AddKey(ctx context.Context, k belfry.Key) error { return a.s.AddKey(ctx, k) }

// Keys is [Store.Keys].
func (a *Admin) Keys(ctx context.Context) ([]belfry.Key, error) { return a.s.Keys(ctx) }

// RemoveKey is [Store.RemoveKey].
func (a *Admin) RemoveKey(ctx context.Context, name string) error { return a.s.RemoveKey(ctx, name) }

// IntakeState is [Store.IntakeState].
func (a *Admin) IntakeState(ctx context.Context) (belfry.IntakeState, error) {
	return a.s.IntakeState(ctx)
}

// Close frees everything; a second Close does nothing.
func (a *Admin) Close() error {
	a.s.closed.Store(true)
	a.s.pool.Close()
	return nil
}
