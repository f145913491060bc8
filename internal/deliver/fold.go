package deliver

import (
	"context"
	"errors"
	"net/mail"
	"time"

	"github.com/belfryhq/belfry"
)

// together has mails that waited for one mailbox leave as one. Until the commit each is a mail of its own, and is settled by
// itself; from then on the first is settled for all.
func (w *Worker) together(ctx context.Context, first *belfry.Mail, claimed time.Time) {
	all := []*belfry.Mail{first}
	for i := range first.With {
		all = append(all, &first.With[i])
	}
	first.With = nil
	all = w.wanted(ctx, all, claimed)
	if len(all) < 2 || w.Carrier == nil || w.Folder == nil || w.RenderFolded == nil {
		for _, m := range all {
			w.alone(ctx, m, claimed)
		}
		return
	}
	committed := false
	defer func() {
		if p := recover(); p != nil {
			for _, m := range all {
				w.panicked(ctx, m, p, committed, claimed)
			}
		}
	}()
	s := w.tryFolded(ctx, all, claimed, &committed)
	if committed {
		w.settle(ctx, all[0], s, claimed)
		return
	}
	for _, m := range all {
		w.settle(ctx, m, s, claimed)
	}
}

// wanted settles those that need no server, and returns the others.
func (w *Worker) wanted(ctx context.Context, all []*belfry.Mail, claimed time.Time) (left []*belfry.Mail) {
	for _, m := range all {
		if s, ok := w.prejudge(m, w.now()); ok {
			w.settle(ctx, m, s, claimed)
			continue
		}
		left = append(left, m)
	}
	return left
}

// tryFolded hands one mail for all to the carrier. They are of one kind, and the first has the least time: what becomes of it
// is right for all.
func (w *Worker) tryFolded(ctx context.Context, all []*belfry.Mail, claimed time.Time, committed *bool) belfry.Settlement {
	first := all[0]
	address, err := mail.ParseAddress(first.Delivery.To)
	if err != nil {
		return w.apart(first, err.Error())
	}
	if until, reason, ok := w.people.admit(address.Address, w.now()); !ok {
		return w.resting(first, reason, until)
	}
	defer w.people.release(address.Address)
	messageID, message, err := w.RenderFolded(ctx, all)
	switch {
	case ctx.Err() != nil:
		return w.stopped(first)
	case err != nil:
		w.Logger.WarnContext(ctx, "mails could not be told together", "delivery", first.Delivery.ID.String(), "mails", len(all), "error", err)
		return w.apart(first, err.Error())
	}
	letter := belfry.Letter{From: w.From, To: address.Address, Message: message, Class: first.Plan.Class}
	o, refused := w.carry(ctx, letter, claimed, committed, func(ctx context.Context, account string) error {
		return w.Folder.Fold(ctx, leases(all), account, messageID, message)
	})
	switch {
	case errors.Is(refused, belfry.ErrLeaseLost):
		return w.waiting(first, reasonOneGone, w.now().Add(shortest))
	case errors.Is(refused, errTooLate):
		return w.waiting(first, reasonBusy, w.now().Add(shortest))
	case refused != nil:
		w.failed(ctx, "note that mails are being sent", refused, "delivery", first.Delivery.ID.String())
		return w.waiting(first, reasonNoCommit, w.now().Add(w.rest(1)))
	}
	told := *first
	told.Folded = len(all)
	s := w.judge(ctx, &told, address.Address, &o, *committed)
	if o.Verdict == belfry.Refused && (o.Fault == belfry.FaultMessage || o.Fault == belfry.FaultBug) {
		// What one of them says may be to blame: the others are not refused for it.
		s.State, s.Reason, s.NextAttemptAt = belfry.Queued, reasonApart+s.Reason, w.now().Add(shortest)
		return s
	}
	s.Fold = s.Uncommitted // once more as one, and with what has come since
	return s
}

// apart has each go by itself.
func (w *Worker) apart(m *belfry.Mail, why string) belfry.Settlement {
	s := w.waiting(m, reasonApart+why, w.now().Add(shortest))
	s.Fold = false
	return s
}

func leases(all []*belfry.Mail) []belfry.Lease {
	held := make([]belfry.Lease, len(all))
	for i, m := range all {
		held[i] = m.Lease
	}
	return held
}
