package notify

import (
	"context"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// The duty of the upkeep. A node that dies is succeeded when its hold is over and another one has looked: in 40 seconds.
const (
	dutyName  = "upkeep"
	dutyHold  = 30 * time.Second
	dutyEvery = 10 * time.Second

	// dutySure is how long a holder that cannot ask goes on: less than its hold, by its own measure of time, which no
	// clock that is set touches.
	dutySure = 20 * time.Second

	dutyWithin = 5 * time.Second // of one question
)

// keepDuty does the upkeep whenever this node has the duty, until ctx is done. Then it gives it back.
func (s *Service) keepDuty(ctx context.Context) {
	var work work
	defer func() {
		if work.stop() {
			s.leaveDuty(ctx)
		}
	}()
	tick := time.NewTicker(dutyEvery)
	defer tick.Stop()
	for sure := time.Now(); ; {
		asked := time.Now()
		held, err := s.takeDuty(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.WarnContext(ctx, "ask for the duty of the upkeep", "error", err)
			held = work.running() && time.Now().Before(sure)
		case held:
			sure = asked.Add(dutySure)
		}
		switch {
		case held:
			work.start(ctx, s.expireLoop, s.pruneLoop)
		case work.stop():
			s.logger.InfoContext(ctx, "another node has the duty of the upkeep")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) takeDuty(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, dutyWithin)
	defer cancel()
	return s.store.TakeDuty(ctx, dutyName, s.upkeep.holder, dutyHold)
}

// leaveDuty lets another node begin at once, and not when the hold is over.
func (s *Service) leaveDuty(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dutyWithin)
	defer cancel()
	if err := s.store.LeaveDuty(ctx, dutyName, s.upkeep.holder); err != nil {
		s.logger.DebugContext(ctx, "give the duty of the upkeep back", "error", err)
	}
}

// work is what runs while a duty is held.
type work struct {
	cancel context.CancelFunc // nil: nothing runs
	loops  sync.WaitGroup
}

func (w *work) running() bool { return w.cancel != nil }

// start starts the loops unless they run.
func (w *work) start(ctx context.Context, loops ...func(context.Context)) {
	if w.running() {
		return
	}
	ctx, w.cancel = context.WithCancel(ctx)
	for _, loop := range loops {
		w.loops.Go(func() { loop(ctx) })
	}
}

// stop ends the loops and waits for them, and reports whether they ran.
func (w *work) stop() bool {
	if !w.running() {
		return false
	}
	w.cancel()
	w.loops.Wait()
	w.cancel = nil
	return true
}

// expectHeard has the upkeep look in time after what was sent by another node, if this one has the duty.
func (s *Service) expectHeard(r belfry.Ring) { s.expectExpiry(r.Change.Notification.ExpiresAt) }
