package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

// How the server's clock is asked.
const (
	askClockEvery  = 30 * time.Second
	askClockWithin = 5 * time.Second
	clockTries     = 3 // at the start: the one that took least is the best
)

var _ belfry.Clock = (*Store)(nil)

// A clock knows the time of the database's server. It goes on by this machine's monotonic clock, which is never set, so
// what this machine takes the time to be plays no part.
type clock struct {
	last atomic.Pointer[reading]
}

// A reading is what the server's clock said, and when.
type reading struct {
	server time.Time
	at     time.Time     // of this machine, with the monotonic clock
	within time.Duration // by how much the server may have been asked earlier or later
}

func (r *reading) now() time.Time { return r.server.Add(time.Since(r.at)) }

// Now implements [belfry.Clock]: the time by the database's clock, as this node knows it: all nodes of a database go by one, however wrong their
// own are. It asks nobody and never blocks; the server is asked every half a minute. While it is away, the last answer holds.
func (s *Store) Now() time.Time { return s.clock.last.Load().now().UTC() }

// Skew implements [belfry.Clock].
func (s *Store) Skew() time.Duration { return time.Now().Round(0).Sub(s.Now()) }

// readClock asks the server.
func (s *Store) readClock(ctx context.Context) (*reading, error) {
	ctx, cancel := context.WithTimeout(ctx, askClockWithin)
	defer cancel()
	var r *reading
	err := s.one(ctx, func(ctx context.Context, l *link) error {
		begun := time.Now() // when there is a connection
		var micros int64
		err := l.query(ctx, func(r row) error {
			micros = r.int(0)
			return nil
		}, `SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint`)
		took := time.Since(begun)
		r = &reading{server: time.UnixMicro(micros), at: begun.Add(took / 2), within: took / 2}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask the server for the time: %w", err)
	}
	return r, nil
}

// setClock asks the server until it is known well.
func (s *Store) setClock(ctx context.Context) error {
	var best *reading
	for range clockTries {
		r, err := s.readClock(ctx)
		if err != nil {
			return err
		}
		if best == nil || r.within < best.within {
			best = r
		}
	}
	s.clock.last.Store(best)
	return nil
}

// keepClock asks the server every now and then, until ctx is done. An answer that says no more than what is known, because
// it took so long, changes nothing.
func (s *Store) keepClock(ctx context.Context) {
	tick := time.NewTicker(askClockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r, err := s.readClock(ctx)
		if err != nil {
			continue // Ping says that it is away
		}
		if off := s.clock.last.Load().now().Sub(r.now()).Abs(); off > r.within {
			s.clock.last.Store(r)
		}
	}
}
