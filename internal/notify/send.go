package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// A Once makes a send happen once. The zero Once is none.
type Once struct {
	Key         string // as unique as its asker made it, and scoped by who asks
	Fingerprint belfry.SecretHash
}

var errInProgress = belfry.Errorf(belfry.CodeConflict, "A request with this Idempotency-Key is still in progress; ask again in a moment.")

// Send checks a send, brings it into its normal form, stores it and rings. A second Send with the same Once while the
// first is under way on this node is a CodeConflict; later it gets the first one's answer, with Replayed set.
func (s *Service) Send(ctx context.Context, send *belfry.Send, once Once) (belfry.Accepted, error) {
	now := s.now()
	course, err := s.prepare(send, now)
	if err != nil {
		return belfry.Accepted{}, err
	}
	done, err := s.begin(once.Key)
	if err != nil {
		return belfry.Accepted{}, err
	}
	defer done()
	if ctx, err = uncancelled(ctx); err != nil {
		return belfry.Accepted{}, err
	}
	results, err := s.store.Accept(ctx, []belfry.Accept{course.accept(send, once, now)})
	if err != nil {
		return belfry.Accepted{}, fmt.Errorf("accept notification: %w", err)
	}
	a := results[0]
	if a.Err != nil {
		return belfry.Accepted{}, a.Err
	}
	s.ring(ctx, a.Rings...)
	if course.mail != nil {
		s.wake()
	}
	s.expectExpiry(send.ExpiresAt)
	return a, nil
}

// begin marks an idempotency key as being answered, until done is called.
func (s *Service) begin(key string) (done func(), err error) {
	if key == "" {
		return func() {}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, busy := s.inProgress[key]; busy {
		return nil, errInProgress
	}
	s.inProgress[key] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.inProgress, key)
	}, nil
}

func (c course) accept(send *belfry.Send, once Once, now time.Time) belfry.Accept {
	return belfry.Accept{Send: send, At: now, IdempotencyKey: once.Key, Fingerprint: once.Fingerprint, Decide: c.decider(send)}
}

// prepare brings a send into its normal form by the rules of its category, and refuses what would be stored but not
// honored. A mail that cannot be rendered is refused before anything is stored.
func (s *Service) prepare(send *belfry.Send, now time.Time) (course, error) {
	rule := s.rule(send.Category)
	if isCritical(&rule) {
		send.Priority = belfry.Critical
	}
	if err := s.entitle(send); err != nil {
		return course{}, err
	}
	if err := send.Validate(); err != nil {
		return course{}, err
	}
	if faults := unsupported(send, &rule, now); len(faults) > 0 {
		return course{}, belfry.Invalid(faults...)
	}
	c := s.course(send, &rule, now)
	if c.mail != nil && s.letters != nil {
		if err := s.letters.Check(send); err != nil {
			return course{}, unfit(err)
		}
	}
	return c, nil
}

// unsupported names what a valid send asks for in vain.
func unsupported(send *belfry.Send, rule *belfry.Rule, now time.Time) (faults []belfry.FieldError) {
	add := func(field, message string) {
		faults = append(faults, belfry.FieldError{Field: field, Message: message})
	}
	if send.To.Topic != "" {
		add("to.topic", "topics are not supported yet; name the users, or send to all")
	}
	if send.SendAt.After(now) {
		add("send_at", "sending later is not supported yet; leave it out to send now")
	}
	if !send.ExpiresAt.IsZero() && !send.ExpiresAt.After(now) {
		add("expires_at", "lies in the past by the server's clock, so nobody would see the notification")
	}
	if send.Email != nil && send.Email.To != "" && (send.To.All || len(send.To.Users) > 1) {
		add("email.to", "is one person's address; leave it out when sending to several")
	}
	if !send.To.All {
		return faults
	}
	if send.DedupeKey != "" {
		add("dedupe_key", "is not for notifications to everyone")
	}
	for i, ch := range send.Channels {
		if ch == belfry.Email {
			add(fmt.Sprintf("channels[%d]", i), "email to everyone is not supported yet")
		}
	}
	if len(send.Channels) == 0 && !slices.Contains(channelsOf(send, rule), belfry.InApp) {
		add("channels", "the category goes by email alone, and email to everyone is not supported yet; name in_app")
	}
	return faults
}
