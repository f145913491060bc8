package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// judge turns what became of a letter into the end of its claim.
func (w *Worker) judge(ctx context.Context, m *belfry.Mail, address string, o *belfry.Outcome, committed bool) belfry.Settlement {
	now := w.now()
	w.note(ctx, m, o)
	s := belfry.Settlement{Reason: reasonOf(o), Attempt: o.Attempt, Counts: o.Counts, Uncommitted: !m.Committed}
	if o.Attempt != nil {
		s.Account = o.Account
	}
	if o.Suppress {
		s.Suppress = s.Reason
	}
	switch o.Verdict {
	case belfry.Delivered:
		w.people.clear(address)
		s.State, s.At, s.Uncommitted = belfry.Sent, now, false
		if m.Folded > 1 {
			s.Reason += fmt.Sprintf(reasonAsOne, m.Folded)
		}
		if m.Committed {
			s.Reason += reasonTwice
		}
	case belfry.Refused:
		s.State = belfry.Failed
		if m.Committed {
			s.State, s.Reason = belfry.Ambiguous, reasonMaybe+s.Reason
		}
	case belfry.Lost:
		s = w.lost(m, o, s, now)
	default:
		if o.Verdict != belfry.Deferred && committed { // a carrier that says nothing of it
			s = w.lost(m, o, s, now)
			break
		}
		s = w.deferred(ctx, m, address, o, s, now)
	}
	return s
}

// lost: the mail may have arrived. That it may is stored already, since the commit.
func (w *Worker) lost(m *belfry.Mail, o *belfry.Outcome, s belfry.Settlement, now time.Time) belfry.Settlement {
	s.Uncommitted = false
	if m.Plan.AtMostOnce {
		s.State, s.Reason = belfry.Ambiguous, reasonLeft
		return s
	}
	s.State, s.Reason, s.NextAttemptAt = belfry.Queued, reasonLost, w.next(m, o, now)
	return s
}

// deferred: it was not accepted, for certain, and is tried again.
func (w *Worker) deferred(ctx context.Context, m *belfry.Mail, address string, o *belfry.Outcome, s belfry.Settlement, now time.Time) belfry.Settlement {
	if ctx.Err() != nil { // broken off by Close: what the carrier says of it is about itself
		return w.stopped(m)
	}
	s.State, s.NextAttemptAt = belfry.Queued, w.next(m, o, now)
	if o.Fault == belfry.FaultPerson {
		until := w.people.strike(address, s.Reason, now, o.NotBefore)
		s.NextAttemptAt = earlier(later(s.NextAttemptAt, until), m.Plan.GiveUpAt)
	}
	return s
}

// note counts an outcome and tells the operator what they should know at once.
func (w *Worker) note(ctx context.Context, m *belfry.Mail, o *belfry.Outcome) {
	if o.Fault == belfry.FaultNone || o.Verdict == belfry.Deferred && o.Attempt == nil {
		return // nobody was asked
	}
	w.count(func(c *counters) { c.Faults[o.Fault]++ })
	if o.Verdict != belfry.Refused && o.Fault != belfry.FaultBug && o.Fault != belfry.FaultSender {
		return
	}
	args := []any{"delivery", m.Delivery.ID.String(), "fault", string(o.Fault), "account", o.Account, "reason", o.Reason}
	if o.Fault == belfry.FaultPerson {
		w.Logger.WarnContext(ctx, "mail refused", args...)
		return
	}
	w.Logger.ErrorContext(ctx, "mail refused", args...)
}

// reasonOf returns what people read of an outcome: a state never stands without a reason.
func reasonOf(o *belfry.Outcome) string {
	switch {
	case o.Reason != "":
		return o.Reason
	case o.Verdict == belfry.Delivered:
		return reasonAccepted
	case o.Attempt != nil && o.Attempt.Text != "":
		return o.Attempt.Text
	case o.Fault != belfry.FaultNone:
		return "not sent; fault: " + string(o.Fault)
	default:
		return "not sent"
	}
}
