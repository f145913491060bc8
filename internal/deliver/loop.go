package deliver

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	lookAgain  = time.Minute            // the longest time between two looks, for what other nodes queue
	errorPause = time.Second            // after a claim that failed
	earlyPause = 100 * time.Millisecond // after a look that came too early
)

// loop claims what is due and starts it, and sleeps in between. ctx ends the claiming, carrying what is under way.
func (w *Worker) loop(ctx, carrying context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
		}
		rest := w.round(ctx, carrying)
		if now := w.now(); now.Sub(swept) >= lookAgain {
			swept = now
			w.sweep(ctx)
		}
		timer.Reset(rest)
	}
}

// round claims and starts until nothing is due or there is no room, and returns how long to sleep unless something happens.
func (w *Worker) round(ctx, carrying context.Context) time.Duration {
	for ctx.Err() == nil {
		now := w.now()
		order := w.turns.order()
		classes, opens := w.open(order, now)
		free := w.free()
		if len(classes) == 0 || free == 0 {
			return until(now, opens)
		}
		limit := w.turns.limit(free)
		if slices.Contains(classes, belfry.Bulk) {
			limit = min(limit, max(w.bulkRoom(), 1))
		}
		mails, next, err := w.Outbox.Claim(ctx, belfry.ClaimQuery{Order: classes, Limit: limit, Now: now, Lease: w.Lease})
		if err != nil {
			w.failed(ctx, "claim mail", err)
			return errorPause
		}
		w.turns.took(order, mails)
		w.count(func(c *counters) { c.Claimed += int64(len(mails)); c.due = next })
		if len(mails) == 0 {
			if !next.IsZero() {
				opens = earlier(later(next, now.Add(earlyPause)), opens)
			}
			return until(now, opens)
		}
		for i := range mails {
			w.start(carrying, &mails[i], now)
		}
	}
	return lookAgain
}

// until returns how long to sleep: until a time if that is soon.
func until(now, at time.Time) time.Duration {
	if at.IsZero() {
		return lookAgain
	}
	return min(max(at.Sub(now), 0), lookAgain)
}

// open returns those of the classes that may be carried now, and when the first of the others may be; zero: when something
// happens.
func (w *Worker) open(order []belfry.MailClass, now time.Time) (open []belfry.MailClass, opens time.Time) {
	for _, class := range order {
		if class == belfry.Bulk && w.bulkRoom() == 0 {
			continue
		}
		if w.Carrier != nil {
			if ok, from, _ := w.Carrier.Ready(now, class); !ok {
				if !from.IsZero() {
					opens = earlier(later(from, now.Add(earlyPause)), opens)
				}
				continue
			}
		}
		open = append(open, class)
	}
	return open, opens
}

// free returns how many more mails may be under way.
func (w *Worker) free() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.Workers
	for _, flying := range w.flying {
		n -= flying
	}
	return n
}

// bulkRoom returns how many more bulk mails may be under way: they leave one place free, so that a server which holds on to all
// of them holds up nothing else.
func (w *Worker) bulkRoom() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, max(1, w.Workers-1)-w.flying[belfry.Bulk])
}

// start has a mail dealt with. The loop hears when there is room again.
func (w *Worker) start(ctx context.Context, m *belfry.Mail, claimed time.Time) {
	class := m.Plan.Class
	w.mu.Lock()
	w.flying[class]++
	w.mu.Unlock()
	w.mails.Go(func() {
		defer w.Wake()
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.flying[class]--
		}()
		w.deal(ctx, m, claimed)
	})
}

// failed tells of a call of the outbox that failed.
func (w *Worker) failed(ctx context.Context, what string, err error, args ...any) {
	if ctx.Err() != nil {
		return
	}
	w.count(func(c *counters) { c.Errors++ })
	w.Logger.ErrorContext(ctx, what, append(args, "error", err)...)
}
