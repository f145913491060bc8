package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/belfryhq/belfry"
)

// How often and how long a transaction is tried again. A collision is over when the other one commits; a database that
// restarts is back in seconds.
const (
	maxTries  = 20
	awayTries = 5
	shortest  = 5 * time.Millisecond
	longest   = time.Second
)

// A tx is a transaction that changes something, and the people that it has locked.
type tx struct {
	*link
	store  *Store
	xid    string    // names the transaction to the server, once the first answer has come
	proof  belfry.ID // of a row that is there when the transaction is committed, and else not; zero: there is none
	head   head      // as last read
	locked bool      // the head is
	people map[string]*person
	byUID  map[int64]*person
	dirty  []*person
	alive  []alive                      // see hidden
	named  map[*belfry.Accept]belfry.ID // sends whose id was given away before
}

// write runs change in a transaction and commits it. change may run several times, so it sets what it answers anew.
// A refusal (a belfry.Error) rolls back.
func (s *Store) write(ctx context.Context, change func(context.Context, *tx) error) error {
	for try := 1; ; try++ {
		err := s.try(ctx, change)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil, isRefusal(err):
			return err
		case isCollision(err) && try < maxTries, isAway(err) && try < awayTries && !errors.Is(err, errUnknown):
			if err := pause(ctx, try); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// pause waits a little longer each time, and not as long as others do.
func pause(ctx context.Context, try int) error {
	d := min(shortest<<try, longest)
	select {
	case <-time.After(d/2 + rand.N(d)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// try runs one transaction.
func (s *Store) try(ctx context.Context, change func(context.Context, *tx) error) (err error) {
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	t := &tx{link: &link{c: c.Conn()}, store: s, people: map[string]*person{}, byUID: map[int64]*person{}}
	t.queue(`begin`)
	t.ask(func(r row) error {
		t.xid = r.text(0)
		return nil
	}, `SELECT pg_current_xact_id()::text`)
	if err := t.run(ctx, change); err != nil {
		t.rollback(ctx)
		return err
	}
	return t.commit(ctx)
}

// run keeps a panic of the caller's code (Accept.Decide) from ending the process.
func (t *tx) run(ctx context.Context, change func(context.Context, *tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return change(ctx, t)
}

// rollback ends the transaction where the connection still stands; where not, the server does it by itself.
func (t *tx) rollback(ctx context.Context) {
	if t.c.IsClosed() || t.xid == "" && t.c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	// An error closes the connection, which rolls back as well.
	_, _ = t.c.Exec(ctx, `rollback`)
}

// commit writes the people that were touched, and commits.
func (t *tx) commit(ctx context.Context) error {
	if t.xid == "" { // nothing was sent yet
		if err := t.flush(ctx); err != nil {
			t.rollback(ctx)
			return err
		}
	}
	t.save()
	t.queue(`commit`)
	err := t.flush(ctx)
	switch {
	case err == nil:
		t.store.transactions.Add(1)
		return nil
	case sqlState(err) != "" && !isAway(err):
		t.rollback(ctx)
		return err
	case ctx.Err() != nil:
		return err
	}
	return t.settle(ctx, err)
}

// errUnknown says that a commit was on its way when the connection broke, and the server did not come back to tell.
var errUnknown = belfry.Errorf(belfry.CodeUnavailable,
	"The database went away in the middle of storing, and has not come back to say whether it was stored. Ask, or send again under the same Idempotency-Key.")

// settleWithin is how long the outcome of a broken commit is asked for.
const settleWithin = 15 * time.Second

// settle finds out what became of a transaction whose commit was cut off: the server says when it is over, and its row
// whether it was committed. That the server calls the number committed would not be enough: after a crash it may have given
// the number of a transaction of which nothing was written to another one.
func (t *tx) settle(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	unknown := fmt.Errorf("%w (%v)", errUnknown, cause) //nolint:errorlint // the second is for the log
	for try := 1; ; try++ {
		var status string
		var there bool
		err := t.store.ask(ctx, func(r row) error {
			status, there = r.text(0), r.is(1)
			return nil
		}, `SELECT pg_xact_status($1::text::xid8), EXISTS (SELECT 1 FROM belfry.notifications WHERE id=$2)
			OR EXISTS (SELECT 1 FROM belfry.broadcasts WHERE id=$2)`, t.xid, key(t.proof))
		switch {
		case err == nil && (status == "aborted" || status == "committed" && !t.proof.IsZero() && !there):
			return fmt.Errorf("the transaction was cut off: %w", errors.Join(errAborted, cause))
		case err == nil && there:
			t.store.transactions.Add(1)
			return nil
		case err == nil && status != "in progress":
			return unknown
		}
		if pause(ctx, try) != nil {
			return unknown
		}
	}
}

var errAborted = errors.New("it did not happen")
