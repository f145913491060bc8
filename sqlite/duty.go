package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

var _ belfry.Duties = (*Store)(nil)

// duties are kept in memory: a file has one process, and with it they end.
type duties struct {
	mu  sync.Mutex
	all map[string]duty
}

type duty struct {
	holder string
	until  time.Time
}

// TakeDuty implements [belfry.Duties].
func (s *Store) TakeDuty(ctx context.Context, name, holder string, hold time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	select {
	case <-s.readers.closed:
		return false, errClosed
	default:
	}
	d, now := &s.duties, time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if held, ok := d.all[name]; ok && held.holder != holder && now.Before(held.until) {
		return false, nil
	}
	if d.all == nil {
		d.all = map[string]duty{}
	}
	d.all[name] = duty{holder, now.Add(hold)}
	return true, nil
}

// LeaveDuty implements [belfry.Duties].
func (s *Store) LeaveDuty(_ context.Context, name, holder string) error {
	d := &s.duties
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all[name].holder == holder {
		delete(d.all, name)
	}
	return nil
}
