package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/belfryhq/belfry"
)

// How much may share one transaction. A batch is cut so that nobody waits long for the company they are in; at some
// 15 µs a row this is well under 100 ms.
const (
	maxBatchJobs = 512
	maxBatchRows = 4096
)

// A job is one change: all of it happens in one transaction, or nothing.
type job struct {
	gave func() error    // not nil once whoever asked has given up
	run  func(*tx) error // may run twice, so it sets what it answers anew; an *belfry.Error is a refusal and wrote nothing
	rows int             // about how many it writes
	err  error
	done chan struct{}
}

// A writer owns the only connection that changes the file, and the goroutine that uses it.
type writer struct {
	tx   *tx
	jobs chan *job
	held *job // taken from jobs, but too big for the batch before

	mu     sync.RWMutex // held for reading while a job is handed in, so that jobs is closed after the last
	closed bool
	done   chan struct{}

	batches, committed atomic.Int64
}

func newWriter(t *tx) *writer {
	w := &writer{tx: t, jobs: make(chan *job, maxBatchJobs), done: make(chan struct{})}
	go w.loop()
	return w
}

// close lets what is queued finish, and waits for it.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.done
}

// do has run executed in a transaction, and returns when it is committed and synced. After an error of ctx, run may
// still be running or not yet have run: what it sets must not be looked at.
func (w *writer) do(ctx context.Context, rows int, run func(*tx) error) error {
	j := &job{gave: ctx.Err, run: run, rows: rows, done: make(chan struct{})}
	if err := w.hand(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) hand(ctx context.Context, j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.done)
	batch := make([]*job, 0, maxBatchJobs)
	for {
		if batch = w.gather(batch[:0]); len(batch) == 0 {
			return
		}
		w.runAll(batch)
		for _, j := range batch {
			close(j.done)
		}
		clear(batch)
	}
}

// gather waits for one job, and takes what else is waiting by then. It lets whoever can run run first, as long as that
// brings more: those whose jobs have just been done, and who are about to ask again, are not a sync late. That ends, for
// nobody in the batch can ask before it is done. Rejected: to wait for them by the clock (ADR 0011).
func (w *writer) gather(batch []*job) []*job {
	first := w.held
	w.held = nil
	if first == nil {
		if first = <-w.jobs; first == nil {
			return batch
		}
	}
	batch = append(batch, first)
	rows := first.rows
	for before := 0; len(batch) > before && w.held == nil; {
		before = len(batch)
		runtime.Gosched()
		batch = w.take(batch, &rows)
	}
	return batch
}

// take adds what is waiting to the batch, up to its bounds.
func (w *writer) take(batch []*job, rows *int) []*job {
	for len(batch) < maxBatchJobs {
		select {
		case j := <-w.jobs:
			if j == nil {
				return batch
			}
			if *rows += j.rows; *rows > maxBatchRows {
				w.held = j
				return batch
			}
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// runAll commits a batch; when it cannot be committed as a whole, each job by itself, so that a bad one refuses only
// itself. Where a transaction could not even begin (another process holds the file), it would wait in vain for each.
func (w *writer) runAll(batch []*job) {
	err := w.tx.begin()
	if err == nil {
		if err = w.commit(batch); err == nil {
			return
		}
		if len(batch) > 1 {
			for i := range batch {
				w.runAll(batch[i : i+1])
			}
			return
		}
	}
	for _, j := range batch {
		j.err = err
	}
}

// commit runs jobs in the transaction that was begun. After an error nothing of it happened, here or in the file.
func (w *writer) commit(batch []*job) (err error) {
	defer func() {
		if err != nil {
			w.tx.rollback()
		}
	}()
	for _, j := range batch {
		if j.err = j.gave(); j.err != nil {
			continue
		}
		if j.err = w.run(j); j.err != nil && !isRefusal(j.err) {
			return j.err
		}
	}
	if err := w.tx.commit(); err != nil {
		return err
	}
	w.batches.Add(1)
	w.committed.Add(int64(len(batch)))
	return nil
}

// run keeps a panic of the caller's code (Accept.Decide) from ending the writer.
func (w *writer) run(j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return j.run(w.tx)
}

func isRefusal(err error) bool {
	var refusal *belfry.Error
	return errors.As(err, &refusal)
}
