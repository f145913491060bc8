package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// How much may share one transaction, and how many of them run at the same time. A batch is cut so that nobody waits
// long for the company they are in.
const (
	maxBatchJobs = 512
	maxBatchRows = 2048
	lanes        = 4
)

// storeWithin bounds how long sends wait for a database that does not answer.
const storeWithin = 20 * time.Second

// A job is one call of Accept: all of it happens in one transaction, or nothing.
type job struct {
	gave  func() error // not nil once whoever asked has given up
	sends []belfry.Accept
	rows  int // about how many it writes
	out   []belfry.Accepted
	err   error
	done  chan struct{}
}

// A writer gathers what waits to be sent: while a transaction commits, the next ones fill.
type writer struct {
	store *Store
	jobs  chan *job

	mu      sync.RWMutex // held for reading while a job is handed in, so that jobs is closed after the last
	closed  bool
	running sync.WaitGroup
}

func newWriter(s *Store) *writer {
	w := &writer{store: s, jobs: make(chan *job, maxBatchJobs)}
	for range lanes {
		w.running.Go(w.lane)
	}
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
	w.running.Wait()
}

// Accept implements [belfry.Sender].
func (s *Store) Accept(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
	out, err := s.writer.accept(ctx, sends)
	return out, failure("accept", err)
}

func (w *writer) accept(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
	j := &job{gave: ctx.Err, sends: sends, done: make(chan struct{})}
	for i := range sends {
		j.rows += 1 + len(sends[i].Send.To.Users)
	}
	if err := w.hand(ctx, j); err != nil {
		return nil, err
	}
	select {
	case <-j.done:
		return j.out, j.err
	case <-ctx.Done():
		return nil, ctx.Err()
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

// lane stores one batch after the other, until jobs is closed and empty.
func (w *writer) lane() {
	var held *job // taken from jobs, but too big for the batch before
	for {
		var batch []*job
		if batch, held = w.gather(held); len(batch) == 0 {
			return
		}
		w.run(batch)
		for _, j := range batch {
			close(j.done)
		}
	}
}

// gather waits for one job, and takes what else is waiting by then.
func (w *writer) gather(first *job) (batch []*job, held *job) {
	if first == nil {
		if first = <-w.jobs; first == nil {
			return nil, nil
		}
	}
	batch = append(batch, first)
	for rows := first.rows; len(batch) < maxBatchJobs; {
		select {
		case j := <-w.jobs:
			if j == nil {
				return batch, nil
			}
			if rows += j.rows; rows > maxBatchRows {
				return batch, j
			}
			batch = append(batch, j)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// run stores a batch; when it cannot be stored as a whole, each job by itself, so that a bad one refuses only itself.
func (w *writer) run(batch []*job) {
	var wanted []*job
	for _, j := range batch {
		if j.err = j.gave(); j.err == nil {
			wanted = append(wanted, j)
		}
	}
	if len(wanted) == 0 {
		return
	}
	err := w.commit(wanted)
	if err != nil && len(wanted) > 1 && !isAway(err) && !isHeld(err) && !errors.Is(err, errUnknown) && !isFull(err) {
		for i := range wanted {
			wanted[i].err = w.commit(wanted[i : i+1])
		}
		return
	}
	for _, j := range wanted {
		j.err = err
	}
}

// commit stores jobs in one transaction.
func (w *writer) commit(batch []*job) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	var sends []*belfry.Accept
	for _, j := range batch {
		for i := range j.sends {
			sends = append(sends, &j.sends[i])
		}
	}
	var out []belfry.Accepted
	err := w.store.write(ctx, func(ctx context.Context, t *tx) (err error) {
		out, err = t.accept(ctx, sends)
		return err
	})
	if err != nil {
		return err
	}
	for _, j := range batch {
		j.out, out = out[:len(j.sends):len(j.sends)], out[len(j.sends):]
		w.store.changes.Add(1)
	}
	return nil
}
