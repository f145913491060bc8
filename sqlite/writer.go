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
	b := &batch{jobs: make([]*job, 0, maxBatchJobs)}
	for w.gather(b) {
		w.runAll(b)
		for _, j := range b.jobs {
			close(j.done)
		}
		clear(b.jobs)
		b.jobs, b.rows = b.jobs[:0], 0
	}
}

// A batch is what shares a transaction.
type batch struct {
	jobs []*job
	rows int
}

func (b *batch) add(j *job) {
	b.jobs = append(b.jobs, j)
	b.rows += j.rows
}

// gather waits for one job, and takes what else is waiting by then. It reports whether there was any.
func (w *writer) gather(b *batch) bool {
	first := w.held
	w.held = nil
	if first == nil {
		if first = <-w.jobs; first == nil {
			return false
		}
	}
	b.add(first)
	w.join(b)
	return true
}

// join adds what is waiting to the batch. It lets whoever can run run first, as long as that brings more: those whose jobs
// have just been done, and who are about to ask again, are not a sync late. That ends, for nobody in the batch can ask
// before it is done. Rejected: to wait for them by the clock (ADR 0011).
func (w *writer) join(b *batch) {
	for before := 0; len(b.jobs) > before; {
		before = len(b.jobs)
		runtime.Gosched()
		w.take(b)
	}
}

// take adds what is waiting to the batch, up to its bounds.
func (w *writer) take(b *batch) {
	for len(b.jobs) < maxBatchJobs && w.held == nil {
		select {
		case j := <-w.jobs:
			if j == nil {
				return
			}
			if b.rows+j.rows > maxBatchRows {
				w.held = j
				return
			}
			b.add(j)
		default:
			return
		}
	}
}

// runAll commits a batch, and what joins it while its rows are written; when it cannot be committed as a whole, each job by
// itself, so that a bad one refuses only itself. Where a transaction could not even begin (another process holds the file),
// it would wait in vain for each.
func (w *writer) runAll(b *batch) {
	err := w.tx.begin()
	if err != nil {
		for _, j := range b.jobs {
			j.err = err
		}
		return
	}
	if err = w.commit(b, w.join); err == nil {
		return
	}
	if len(b.jobs) == 1 {
		b.jobs[0].err = err
		return
	}
	for _, j := range b.jobs {
		w.runAlone(j)
	}
}

func (w *writer) runAlone(j *job) {
	err := w.tx.begin()
	if err == nil {
		err = w.commit(&batch{jobs: []*job{j}}, func(*batch) {})
	}
	if err != nil {
		j.err = err
	}
}

// commit runs jobs in the transaction that was begun, and those that join adds when all before them have run. After an error
// nothing of it happened, here or in the file.
func (w *writer) commit(b *batch, join func(*batch)) (err error) {
	defer func() {
		if err != nil {
			w.tx.rollback()
		}
	}()
	for i := 0; i < len(b.jobs); i++ {
		j := b.jobs[i]
		if j.err = j.gave(); j.err == nil {
			if j.err = w.run(j); j.err != nil && !isRefusal(j.err) {
				return j.err
			}
		}
		if i == len(b.jobs)-1 {
			join(b)
		}
	}
	if err := w.tx.commit(); err != nil {
		return err
	}
	w.batches.Add(1)
	w.committed.Add(int64(len(b.jobs)))
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
