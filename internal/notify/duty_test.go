package notify_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/notify"
)

// A shared is one node's view of a store that several have, and of the bus between them.
type shared struct {
	*probe
	service *notify.Service // the node at work on it
	away    atomic.Bool     // the store does not answer this node
	done    atomic.Int64
}

func (s *shared) TakeDuty(ctx context.Context, duty, holder string, hold time.Duration) (bool, error) {
	if s.away.Load() {
		return false, errors.New("away")
	}
	return s.probe.TakeDuty(ctx, duty, holder, hold)
}

func (s *shared) LeaveDuty(ctx context.Context, duty, holder string) error {
	if s.away.Load() {
		return errors.New("away")
	}
	return s.probe.LeaveDuty(ctx, duty, holder)
}

func (s *shared) Expire(ctx context.Context, now time.Time, limit int) ([]belfry.Ring, time.Time, error) {
	s.done.Add(1)
	return s.probe.Expire(ctx, now, limit)
}

// pair returns two nodes at work until the end of the test. The first was there first: the duty is its own.
func pair(t *testing.T) (a, b *shared) {
	t.Helper()
	p := newProbe()
	a, b = &shared{probe: p}, &shared{probe: p}
	for _, s := range []*shared{a, b} {
		var err error
		if s.service, err = notify.New(notify.Config{Store: s, Bus: p, Node: "node"}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.service.Close)
		s.service.Start()
		synctest.Wait()
	}
	return a, b
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// Of two nodes one does the upkeep; who closes hands it on within seconds.
func TestUpkeepIsOneNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		pass(time.Hour)
		if got := a.done.Load(); got < 60 {
			t.Errorf("the first node has looked %d times in an hour", got)
		}
		if got := b.done.Load(); got != 0 {
			t.Errorf("the second node has looked %d times", got)
		}
		before := a.done.Load()
		a.service.Close()
		pass(11 * time.Second)
		if got := b.done.Load(); got == 0 {
			t.Error("nobody has taken the upkeep over")
		}
		pass(time.Hour)
		if got := a.done.Load(); got != before {
			t.Error("a closed node goes on")
		}
	})
}

// A node that is cut off from the store stops before another one begins, and that one begins within a minute. When it comes
// back, it is too late.
func TestUpkeepIsInherited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		pass(time.Minute + 3*time.Second)
		a.away.Store(true)
		cut := time.Now()
		var stopped time.Duration
		for b.done.Load() == 0 {
			if before := a.done.Load(); before > 0 {
				pass(time.Second)
				if a.done.Load() != before {
					stopped = time.Since(cut)
				}
			}
			if time.Since(cut) > time.Minute {
				t.Fatal("nobody has taken the upkeep over within a minute")
			}
		}
		if began := time.Since(cut); stopped > began {
			t.Errorf("the first went on for %v, the second began after %v", stopped, began)
		}
		before := a.done.Load()
		a.away.Store(false)
		pass(time.Hour)
		if a.done.Load() != before {
			t.Error("both do the upkeep")
		}
	})
}

// What expires is rung gone when it is due, whichever node it was sent by.
func TestExpiresWhenDueOnAnyNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		pass(5 * time.Second)
		send := plain(belfry.ToUser("42"))
		send.ExpiresAt = time.Now().Add(7 * time.Second)
		if _, err := b.service.Send(t.Context(), send, notify.Once{}); err != nil {
			t.Fatal(err)
		}
		pass(7*time.Second - time.Millisecond)
		if got := len(a.heard()); got != 1 {
			t.Fatalf("got %d rings before it is due", got)
		}
		pass(time.Millisecond)
		if got := len(a.heard()); got != 2 {
			t.Errorf("got %d rings when it is due, want the expiry too", got)
		}
	})
}
