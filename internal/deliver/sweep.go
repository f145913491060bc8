package deliver

import (
	"context"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	sweepSize = 100              // mails looked at in one sweep
	sweepRest = 10 * time.Minute // until one of them is looked at again
)

// sweep looks after mail that waits for an account which is parked for a while: what its plan gives up is given up, what
// needs no account is settled, and the rest says what it waits for. Else such mail would wait beyond its time without a word.
// It claims little and seldom, and those looked at go behind the others, so that all are looked at in turn.
func (w *Worker) sweep(ctx context.Context) {
	if w.Carrier == nil {
		return
	}
	now := w.now()
	for _, class := range []belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk} {
		ok, from, why := w.Carrier.Ready(now, class)
		if ok || ctx.Err() != nil || !from.IsZero() && from.Before(now.Add(lookAgain)) {
			continue
		}
		mails, _, err := w.Outbox.Claim(ctx, belfry.ClaimQuery{
			Order: []belfry.MailClass{class}, Limit: sweepSize, Now: now, Lease: w.Lease,
		})
		if err != nil {
			w.failed(ctx, "claim mail that waits", err)
			return
		}
		var settling sync.WaitGroup // all at once, so that they share a transaction and the loop is soon back
		for i := range mails {
			settling.Go(func() { w.leave(ctx, &mails[i], now, from, why) })
		}
		settling.Wait()
	}
}

// leave ends the claim of a mail that cannot be tried now.
func (w *Worker) leave(ctx context.Context, m *belfry.Mail, now, from time.Time, why string) {
	with := m.With
	for i := range with {
		w.leave(ctx, &with[i], now, from, why)
	}
	s, ok := w.prejudge(m, now)
	if !ok {
		s = w.waiting(m, "waits: "+why, earlier(now.Add(sweepRest), from))
		// Nobody waits for bulk mail, and what an account may send is scarce: one mail for all that a person is to be told.
		s.Fold = m.Fold || m.Plan.Class == belfry.Bulk
	}
	w.settle(ctx, m, s, now)
}
