package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/belfryhq/belfry/internal/move"
)

// moving begins what stands in meta.home while a move into the database is not finished; the epoch that is moved follows.
const moving = "moving "

var errMoving = errors.New("a move into this database is not finished: run `belfry move` again, until it says that all is moved")

// checkMoved refuses a database that a move is not finished into.
func (s *Store) checkMoved(ctx context.Context) error {
	return s.ask(ctx, func(r row) error {
		if strings.HasPrefix(r.text(0), moving) {
			return errMoving
		}
		return nil
	}, `SELECT home FROM belfry.meta`)
}

// A Target is a database that what another store holds is moved into. Not safe for concurrent use.
type Target struct {
	s        *Store
	c        *pgxpool.Conn // has the lock and does the work: whoever lost the one has lost the other
	epoch    string
	finished bool
}

var _ move.Target = (*Target)(nil)

const (
	// moveLock names the lock of whoever moves into a database, beside lockID.
	moveLock = 1
	// moveWait is how long a move waits for what another program has: that of one that was just killed is there for a moment.
	moveWait = 3 * time.Second
	// moveName is what its connections are called; all else of Belfry's has a name that begins with the same word.
	moveName = "belfry move"
	// moveConns is one to work by, and what bringing the tables up to date takes.
	moveConns = 5
)

// OpenTarget opens a database to move a store of this epoch into it, and makes its tables. It refuses one that holds
// anything, except from a move of the same epoch; one that a node has open; and a second move at the same time. From now
// on, and until the move is finished, [Open] refuses it.
func OpenTarget(ctx context.Context, url, epoch string) (_ *Target, err error) {
	cfg, err := configure(url, moveConns)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = moveName
	s, err := dial(ctx, cfg)
	if err != nil {
		return nil, err
	}
	t := &Target{s: s, epoch: epoch}
	if err := t.open(ctx); err != nil {
		return nil, errors.Join(explain(err), t.Close())
	}
	return t, nil
}

// Close frees everything.
func (t *Target) Close() error {
	if t.c != nil {
		t.c.Release()
	}
	t.s.pool.Close()
	return nil
}

// Finished implements [move.Target].
func (t *Target) Finished() bool { return t.finished }

func (t *Target) open(ctx context.Context) (err error) {
	if t.c, err = t.s.acquire(ctx); err != nil {
		return err
	}
	if err := t.lock(ctx); err != nil {
		return err
	}
	if err := t.s.migrate(ctx); err != nil {
		return err
	}
	if err := t.alone(ctx); err != nil {
		return err
	}
	return t.claim(ctx)
}

func (t *Target) lock(ctx context.Context) error {
	var before string
	err := t.c.QueryRow(ctx, `SELECT current_setting('lock_timeout')`).Scan(&before)
	if err != nil {
		return err
	}
	const set = `SELECT set_config('lock_timeout', $1, false)`
	if _, err := t.c.Exec(ctx, set, fmt.Sprint(moveWait.Milliseconds())); err != nil {
		return err
	}
	_, err = t.c.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, lockID, moveLock)
	if sqlState(err) == codeHeld {
		return errors.New("another `belfry move` into this database is under way: wait for its end")
	}
	if err == nil {
		_, err = t.c.Exec(ctx, set, before)
	}
	return err
}

// alone refuses a database that nodes have open: they would write to it, and what they remember of it would be wrong. The
// server may know of connections for a moment after their end.
func (t *Target) alone(ctx context.Context) error {
	until := time.Now().Add(moveWait)
	for try := 1; ; try++ {
		var nodes int64
		err := t.c.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname=current_database()
			AND (application_name='belfry' OR application_name LIKE 'belfry %') AND application_name <> $1`, moveName).Scan(&nodes)
		if err != nil || nodes == 0 {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("a program of Belfry's has the database open (%d connections): stop it, and start it when all is moved", nodes)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// claim marks an empty database as one that is moved into, and finds out how far a move has come before.
func (t *Target) claim(ctx context.Context) error {
	return pgx.BeginFunc(ctx, t.c, func(tx pgx.Tx) error {
		var epoch, home, name string
		var bseq int64
		err := tx.QueryRow(ctx, `SELECT epoch, home, `+ownName+`, bseq FROM belfry.meta FOR UPDATE`).Scan(&epoch, &home, &name, &bseq)
		if err != nil {
			return err
		}
		switch from, begun := strings.CutPrefix(home, moving); {
		case begun && from == t.epoch:
			return nil
		case begun:
			return fmt.Errorf("a move of another database (epoch %s) into this one was begun: finish that, or name an empty database", from)
		case epoch == t.epoch && home == name:
			t.finished = true
			return nil
		}
		full, err := filled(ctx, tx)
		if err != nil {
			return err
		}
		if bseq > 0 {
			full = append(full, "meta")
		}
		if len(full) > 0 {
			return fmt.Errorf("the database is not empty, it has %s: name an empty one; or, if nothing there is of use, remove it with DROP SCHEMA belfry CASCADE", strings.Join(full, ", "))
		}
		_, err = tx.Exec(ctx, `UPDATE belfry.meta SET epoch='', home=$1, version=version+1`, moving+t.epoch)
		return err
	})
}

// filled returns the tables that have rows, but for those in which a database without anything has some.
func filled(ctx context.Context, tx pgx.Tx) (full []string, err error) {
	apart := []string{headTable, versionTable, dutiesTable}
	tables, err := columns(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if slices.Contains(apart, name) {
			continue
		}
		var some bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+table(name).Sanitize()+`)`).Scan(&some); err != nil {
			return nil, err
		}
		if some {
			full = append(full, name)
		}
	}
	return full, nil
}
