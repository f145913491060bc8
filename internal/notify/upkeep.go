package notify

import (
	"context"
	"sync"
	"time"
)

// How the upkeep goes about its work: steps that no request notices.
const (
	expireStep  = 500
	expireCheck = time.Minute // the longest time between two looks for what was not heard of
	expireRetry = time.Second // after a failure
	pruneEvery  = 10 * time.Minute
	pruneStep   = 500
	prunePause  = 50 * time.Millisecond
)

// An upkeep removes what is over while the service runs, on the node that has the duty.
type upkeep struct {
	holder string         // this service, to the store
	sooner chan time.Time // an expiry that may lie before the one waited for
	mu     sync.Mutex
	cancel context.CancelFunc // nil before Start
	closed bool
	loops  sync.WaitGroup
}

// Start begins the upkeep: what expires leaves every inbox when it is due, what is old is removed every now and then (of
// several nodes one does so), and what apps left in the intake is taken in. A second Start, and one after Close, does nothing.
func (s *Service) Start() {
	u := &s.upkeep
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed || u.cancel != nil {
		return
	}
	// The loops outlive every request, so no caller's ctx can be theirs.
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	u.loops.Go(func() { s.keepDuty(ctx) })
	if s.intake != nil {
		left := make(chan struct{}, 1)
		u.loops.Go(func() { s.watchIntake(ctx, left) })
		u.loops.Go(func() { s.intakeLoop(ctx, left) })
	}
}

// Close ends the upkeep and waits for it. A second Close waits too.
func (s *Service) Close() {
	u := &s.upkeep
	u.mu.Lock()
	u.closed = true
	if u.cancel != nil {
		u.cancel()
	}
	u.mu.Unlock()
	u.loops.Wait()
}

// expectExpiry tells the loop of a new expiry. When the loop has not yet looked at an earlier word, the sooner of the
// two stays.
func (s *Service) expectExpiry(at time.Time) {
	for !at.IsZero() {
		select {
		case s.upkeep.sooner <- at:
			return
		default:
		}
		select {
		case other := <-s.upkeep.sooner:
			if other.Before(at) {
				at = other
			}
		default:
		}
	}
}

func (s *Service) expireLoop(ctx context.Context) {
	// What other nodes are given is heard of; where it is not, the next look finds it.
	if stop, err := s.bus.Listen(s.expectHeard); err == nil {
		defer stop()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := s.clock()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-s.upkeep.sooner:
			if !at.Before(due) {
				continue
			}
			due = at
		case <-timer.C:
			due = s.expire(ctx)
		}
		timer.Reset(max(0, due.Sub(s.clock())))
	}
}

// expire takes one step and returns when to take the next.
func (s *Service) expire(ctx context.Context) time.Time {
	now := s.now()
	rings, next, err := s.store.Expire(ctx, now, expireStep)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "expire notifications", "error", err)
		}
		return now.Add(expireRetry)
	case next.IsZero() || next.After(now.Add(expireCheck)):
		next = now.Add(expireCheck)
	}
	s.ring(ctx, rings...)
	return next
}

func (s *Service) pruneLoop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(s.prune(ctx))
	}
}

// prune takes one step and returns how long to rest.
func (s *Service) prune(ctx context.Context) time.Duration {
	now := s.now()
	var before time.Time
	if s.retention > 0 {
		before = now.Add(-s.retention)
	}
	rings, more, err := s.store.Prune(ctx, before, now, pruneStep)
	s.ring(ctx, rings...)
	if err != nil && ctx.Err() == nil {
		s.logger.ErrorContext(ctx, "prune old notifications", "error", err)
	}
	if more && err == nil {
		return prunePause
	}
	return pruneEvery
}
