package smtpmail

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
)

// errUsedUp says that other nodes have sent what was left of the quota.
var errUsedUp = errors.New("other nodes have used the account's quota up")

// usedUpRest is how long a mail waits at least that was one too many: when several nodes take the last place at the same
// moment, all give it back, and the first to come again gets it.
const usedUpRest = 2 * time.Second

// withinQuota has the store count after the commit. The ledger knows what other nodes have sent only as of its last look; the
// commit is seen by all, so that whoever counts after theirs counts everybody's, and together they send no more than the
// quota. Where the store cannot say, the server has the last word.
func (s *sender) withinQuota(class belfry.MailClass, commit func(context.Context, string) error) func(context.Context, string) error {
	limit := s.ledger.limit(class)
	if s.ledger.quota == 0 {
		return commit
	}
	return func(ctx context.Context, account string) error {
		if err := commit(ctx, account); err != nil {
			return err
		}
		n, _, err := s.state.MailsSent(ctx, account, s.now().Add(-window), 0)
		if err != nil || n <= limit {
			return nil //nolint:nilerror // see above
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ledger.read = time.Time{} // what it knows is old
		return errUsedUp
	}
}

// again is when a mail that was one too many is looked at again.
func (s *sender) again() time.Time { return s.now().Add(usedUpRest + rand.N(2*usedUpRest)) }
