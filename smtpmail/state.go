package smtpmail

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// fresh is how long what the store said is believed: other nodes send by the same account.
const fresh = time.Minute

// freshen asks the store again when its word is old. An error changes nothing: the server has the last word on a quota.
func (s *sender) freshen(ctx context.Context) {
	s.mu.Lock()
	read := s.ledger.read
	s.mu.Unlock()
	if s.now().Sub(read) < fresh {
		return
	}
	if err := s.refresh(ctx); err != nil && ctx.Err() == nil {
		s.logger.Warn("the state of the mail account could not be read; what is known is used", "error", err)
	}
}

// refresh takes over what the store knows of the account.
func (s *sender) refresh(ctx context.Context) error {
	now := s.now()
	stored, err := s.state.MailAccount(ctx, s.account.Name)
	if err != nil {
		return fmt.Errorf("read the mail account: %w", err)
	}
	var times []time.Time
	if s.account.Quota > 0 {
		if _, times, err = s.state.MailsSent(ctx, s.account.Name, now.Add(-window), s.account.Quota); err != nil {
			return fmt.Errorf("count the mails sent: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.load(times, now)
	if stored.Credential == s.park.state.Credential {
		s.park.state = stored
		s.park.state.Name = s.account.Name
		if stored.SlowUntil.After(s.bucket.slow) {
			s.bucket.slow = stored.SlowUntil
		}
	}
	return nil
}

// keeping is for what must be written though the mail's own time is over.
func keeping(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

// keep writes the state; the end of the mail's context must not lose what was learnt of the account.
func (s *sender) keep(ctx context.Context, state belfry.MailAccount) {
	ctx, cancel := keeping(ctx)
	defer cancel()
	if err := s.state.PutMailAccount(ctx, state); err != nil {
		s.logger.Error("the state of the mail account could not be stored; it holds until the next start", "error", err)
	}
}
