package notify

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/belfryhq/belfry"
)

// A Decoder reads a send from JSON as strictly as the API does; its errors are those that the API answers.
type Decoder func(request []byte, send *belfry.Send) error

// How the intake is emptied.
const (
	intakeStep  = 500
	intakeCheck = time.Second // the longest time between two looks, for rings may be lost
)

// ofTransaction begins the names under which idempotency keys of deposits are stored. Those of requests begin with the name
// of an API key, which is not empty.
const ofTransaction = "\ntransaction\n"

// watchIntake passes on that something was left.
func (s *Service) watchIntake(ctx context.Context, left chan<- struct{}) {
	s.intake.WatchIntake(ctx, func() {
		select {
		case left <- struct{}{}:
		default:
		}
	})
}

func (s *Service) intakeLoop(ctx context.Context, left <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failing := false // a database that is away is told of once, not every second
	for {
		select {
		case <-ctx.Done():
			return
		case <-left:
		case <-timer.C:
		}
		more, err := s.takeIn(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "take in what apps left in their transactions", "error", err)
		}
		failing = err != nil
		if more && err == nil {
			timer.Reset(0)
			continue
		}
		timer.Reset(intakeCheck)
	}
}

// takeIn takes one step: what is taken in is sent as by [Service.Send].
func (s *Service) takeIn(ctx context.Context) (more bool, err error) {
	now := s.now()
	taken, more, err := s.intake.TakeIn(ctx, now, intakeStep, func(d *belfry.Deposit) (belfry.Accept, error) { return s.read(d, now) })
	var rings []belfry.Ring
	for i := range taken {
		t := &taken[i]
		if t.Err != nil {
			s.logger.WarnContext(ctx, "a send that an app left in its transaction is refused", "id", t.Deposit.String(), "error", t.Err)
			continue
		}
		rings = append(rings, t.Rings...)
		s.expectExpiry(t.Accept.Send.ExpiresAt)
	}
	s.ring(ctx, rings...)
	if len(taken) > 0 {
		s.wake() // there may be mail among it
	}
	return more, err
}

// read makes of a deposit what [Service.Send] makes of a send.
func (s *Service) read(d *belfry.Deposit, now time.Time) (belfry.Accept, error) {
	var send belfry.Send
	if err := s.decode(d.Request, &send); err != nil {
		return belfry.Accept{}, err
	}
	course, err := s.prepare(&send, now)
	if err != nil {
		return belfry.Accept{}, err
	}
	var once Once
	if d.IdempotencyKey != "" {
		once = Once{Key: ofTransaction + d.IdempotencyKey, Fingerprint: sha256.Sum256(d.Request)}
	}
	return course.accept(&send, once, now), nil
}
