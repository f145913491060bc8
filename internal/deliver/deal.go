package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"runtime/debug"
	"time"

	"github.com/belfryhq/belfry"
)

// The reasons that a Worker gives by itself.
const (
	reasonCaptured    = "no mail server is set: the mail is kept for viewing"
	reasonLeft        = "the answer to an attempt was lost, so the mail may have arrived; the category says at_most_once, so it is sent again only when asked to"
	reasonGivenUp     = "its time to live is over; last: "
	reasonLost        = "the answer was lost, so the mail may have arrived; the same mail is sent again"
	reasonMaybe       = "an earlier attempt whose answer was lost may have arrived; since then: "
	reasonAccepted    = "the mail server accepted it"
	reasonTwice       = "; an earlier attempt's answer was lost, so it may have arrived twice"
	reasonStopped     = "Belfry was stopped before the mail was sent"
	reasonNeverTried  = "it was never tried"
	reasonPinned      = "waits for the account of its earlier attempt, which is busy"
	reasonBusy        = "waits, for the account was busy with other mail"
	reasonNoCommit    = "waits, for the store could not note that it was being sent"
	reasonPanic       = "Belfry failed over this mail; the log has it under its id"
	reasonSuppressed  = "nothing is sent to this address any more: "
	reasonMailboxRest = "waits, for the mailbox did not take the last mail: "
	reasonApart       = "goes by itself, for it could not be told together with others: "
	reasonOneGone     = "waits, for one of the mails that it was to go with was canceled"
	reasonAsOne       = "; one mail tells of %d notifications"
)

var errTooLate = errors.New("the claim is too old for a server to answer within it")

// deal brings a claimed mail to the end of its claim, and those that came with it.
func (w *Worker) deal(ctx context.Context, m *belfry.Mail, claimed time.Time) {
	if len(m.With) > 0 {
		w.together(ctx, m, claimed)
		return
	}
	w.alone(ctx, m, claimed)
}

// alone brings one mail to the end of its claim.
func (w *Worker) alone(ctx context.Context, m *belfry.Mail, claimed time.Time) {
	committed := false
	defer func() {
		if p := recover(); p != nil {
			w.panicked(ctx, m, p, committed || m.Committed, claimed)
		}
	}()
	s, ok := w.prejudge(m, w.now())
	if !ok {
		s, ok = w.try(ctx, m, claimed, &committed)
	}
	if ok {
		w.settle(ctx, m, s, claimed)
	}
}

func (w *Worker) panicked(ctx context.Context, m *belfry.Mail, p any, committed bool, claimed time.Time) {
	w.Logger.ErrorContext(ctx, "mail failed", "delivery", m.Delivery.ID.String(), "panic", p, "stack", string(debug.Stack()))
	state := belfry.Failed
	if committed {
		state = belfry.Ambiguous
	}
	w.settle(ctx, m, belfry.Settlement{State: state, Reason: reasonPanic}, claimed)
}

// prejudge settles what needs no rendering and no server.
func (w *Worker) prejudge(m *belfry.Mail, now time.Time) (belfry.Settlement, bool) {
	settle := func(state belfry.DeliveryState, reason string) (belfry.Settlement, bool) {
		if m.Committed && (state == belfry.Failed || state == belfry.Skipped) {
			state, reason = belfry.Ambiguous, reasonMaybe+reason
		}
		return belfry.Settlement{State: state, Reason: reason}, true
	}
	switch {
	case m.Committed && m.Plan.AtMostOnce:
		return settle(belfry.Ambiguous, reasonLeft)
	case m.Suppressed != "":
		return settle(belfry.Skipped, reasonSuppressed+m.Suppressed)
	case w.Carrier != nil && !m.Plan.GiveUpAt.IsZero() && !now.Before(m.Plan.GiveUpAt):
		last := m.Delivery.Reason
		if last == "" {
			last = reasonNeverTried
		}
		return settle(belfry.Failed, reasonGivenUp+last)
	}
	return belfry.Settlement{}, false
}

// prepare renders a mail that was not rendered yet. ok: that settles it, and s says how.
func (w *Worker) prepare(ctx context.Context, m *belfry.Mail) (s belfry.Settlement, ok bool) {
	if m.Message == nil {
		messageID, message, err := w.Render(ctx, m)
		switch {
		case ctx.Err() != nil:
			return w.stopped(m), true
		case err != nil:
			w.Logger.ErrorContext(ctx, "a mail could not be rendered", "delivery", m.Delivery.ID.String(),
				"category", m.Notification.Category, "error", err)
			return belfry.Settlement{State: belfry.Failed, Reason: "the mail could not be rendered: " + err.Error()}, true
		}
		if err := w.Outbox.Prepare(ctx, m.Lease, messageID, message); err != nil {
			if !errors.Is(err, belfry.ErrLeaseLost) {
				w.failed(ctx, "store a rendered mail", err, "delivery", m.Delivery.ID.String())
			}
			// Without the bytes nothing may be sent. If this was not the lease's end, it is a store that will refuse
			// the settlement too, or take it and have the mail tried again.
			return w.stopped(m), true
		}
		m.Message, m.Delivery.MessageID = message, messageID
	}
	switch {
	case w.Carrier != nil:
		return belfry.Settlement{}, false
	case m.Committed: // from when there was one
		return belfry.Settlement{State: belfry.Ambiguous, Reason: reasonMaybe + reasonCaptured}, true
	default:
		return belfry.Settlement{State: belfry.Captured, Reason: reasonCaptured}, true
	}
}

// stopped settles a mail that was not tried, for no fault of its own.
func (w *Worker) stopped(m *belfry.Mail) belfry.Settlement {
	return w.waiting(m, reasonStopped, w.now().Add(shortest))
}

// try renders a mail, if need be, and hands it to the carrier. !ok: the claim was lost, and nothing is to be settled.
func (w *Worker) try(ctx context.Context, m *belfry.Mail, claimed time.Time, committed *bool) (s belfry.Settlement, ok bool) {
	if w.Carrier == nil {
		return w.prepare(ctx, m)
	}
	address, err := mail.ParseAddress(m.Delivery.To)
	if err != nil {
		return belfry.Settlement{State: belfry.Failed, Reason: fmt.Sprintf("%.320q is not an email address", m.Delivery.To)}, true
	}
	// Before it is rendered: what has bytes goes as it is, and what waits for a mailbox may yet go with others.
	if until, reason, ok := w.people.admit(address.Address, w.now()); !ok {
		return w.resting(m, reason, until), true
	}
	defer w.people.release(address.Address)
	if s, ok := w.prepare(ctx, m); ok {
		return s, true
	}
	letter := belfry.Letter{From: w.From, To: address.Address, Message: m.Message, Class: m.Plan.Class, Account: m.Only}
	if letter.Account != "" {
		if !w.pin(letter.Account) {
			return w.waiting(m, reasonPinned, w.now().Add(lookAgain/2)), true
		}
		defer w.unpin(letter.Account)
	}
	o, refused := w.carry(ctx, letter, claimed, committed, func(ctx context.Context, account string) error {
		return w.Outbox.Commit(ctx, m.Lease, account)
	})
	switch {
	case errors.Is(refused, belfry.ErrLeaseLost):
		return belfry.Settlement{}, false // canceled, retracted, or another's: nothing was sent
	case errors.Is(refused, errTooLate):
		return w.waiting(m, reasonBusy, w.now().Add(shortest)), true
	case refused != nil:
		w.failed(ctx, "note that a mail is being sent", refused, "delivery", m.Delivery.ID.String())
		return w.waiting(m, reasonNoCommit, w.now().Add(w.rest(1))), true
	}
	return w.judge(ctx, m, address.Address, &o, *committed), true
}

// carry hands a letter to the carrier, and returns beside the outcome why the outbox did not take the commit.
func (w *Worker) carry(
	ctx context.Context, letter belfry.Letter, claimed time.Time, committed *bool, commit func(context.Context, string) error,
) (o belfry.Outcome, refused error) {
	carrying, cancel := context.WithTimeout(ctx, w.Lease-w.Lease/30-w.now().Sub(claimed))
	defer cancel()
	o = w.Carrier.Carry(carrying, letter, func(ctx context.Context, account string) error {
		if refused = errTooLate; w.now().Sub(claimed) <= w.Lease/4 {
			refused = commit(ctx, account)
		}
		*committed = refused == nil
		return refused
	})
	return o, refused
}

// resting leaves a mail in the queue because its mailbox takes none for now. It may go with others when it does again.
func (w *Worker) resting(m *belfry.Mail, reason string, until time.Time) belfry.Settlement {
	s := w.waiting(m, reasonMailboxRest+reason, until)
	s.Fold = true
	return s
}

// waiting leaves a mail in the queue without an attempt.
func (w *Worker) waiting(m *belfry.Mail, reason string, at time.Time) belfry.Settlement {
	return belfry.Settlement{
		State: belfry.Queued, Reason: reason, NextAttemptAt: earlier(at, m.Plan.GiveUpAt), Uncommitted: !m.Committed, Fold: m.Fold,
	}
}

// pin takes the one place for mails that an account alone may carry: were there more, an account that is stuck could hold all
// the workers, and hold up the others.
func (w *Worker) pin(account string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pinned[account] > 0 {
		return false
	}
	w.pinned[account]++
	return true
}

func (w *Worker) unpin(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.pinned, account)
}

// settleEvery is the pause between tries to store how a claim ended.
const settleEvery = time.Second

// settle ends a claim. A store that fails for a while must not make an accepted mail look lost, so it is asked again until
// the lease is over or the Worker is broken off.
func (w *Worker) settle(ctx context.Context, m *belfry.Mail, s belfry.Settlement, claimed time.Time) {
	id := slog.String("delivery", m.Delivery.ID.String())
	for {
		err := w.store(ctx, m.Lease, s)
		switch {
		case err == nil:
			w.count(func(c *counters) { c.Settled[Settled{s.State, m.Plan.Class}]++ })
			w.Logger.InfoContext(ctx, "mail "+string(s.State), id, "class", m.Plan.Class.String(), "reason", s.Reason)
			return
		case errors.Is(err, belfry.ErrLeaseLost):
			if s.State == belfry.Sent {
				w.Logger.WarnContext(ctx, "a mail was sent, but is no longer this worker's to say so", id)
			}
			return
		}
		w.failed(context.WithoutCancel(ctx), "store how a mail ended", err, id, "state", string(s.State))
		timer := time.NewTimer(settleEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if w.now().Sub(claimed) >= w.Lease {
			return
		}
	}
}

// settleLast bounds one call.
const settleLast = 10 * time.Second

// store asks the outbox once, also when the Worker is being broken off: what was done must be said.
func (w *Worker) store(ctx context.Context, l belfry.Lease, s belfry.Settlement) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleLast)
	defer cancel()
	return w.Outbox.Settle(ctx, l, s)
}
