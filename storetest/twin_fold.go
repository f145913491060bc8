package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// flood brings a person more mail at once than a mailbox takes, and has it wait.
func (w *twin) flood() {
	user, n, at := w.pick("ada", "bob"), 1+w.upTo(3), w.now
	d := belfry.Delivery{
		Channel: belfry.Email, To: "a@x.org", State: belfry.Queued, NextAttemptAt: at,
		Plan: &belfry.MailPlan{Unless: belfry.Unless(w.pick("", "read")), AtMostOnce: w.upTo(4) == 1},
	}
	var sends []belfry.Accept
	for range n {
		a := w.drawSend(belfry.ToUser(user))
		a.IdempotencyKey = ""
		a.Decide = func(*belfry.Recipient) belfry.Decision {
			return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{d}}
		}
		sends = append(sends, a)
	}
	w.accept(sends)
	w.claimBy(belfry.ClaimQuery{Order: []belfry.MailClass{belfry.Transactional}, Limit: 100, Now: w.now, Lease: time.Minute})
	for _, l := range w.leases[max(0, len(w.leases)-n):] {
		w.settleAs(l, belfry.Settlement{State: belfry.Queued, Reason: "the mailbox rests", NextAttemptAt: w.now.Add(w.pause()), Fold: w.upTo(5) > 1})
	}
}

// fold has what a claim brought together leave as one, most often as it came.
func (w *twin) fold() {
	if len(w.groups) == 0 {
		return
	}
	group := rapid.SampledFrom(w.groups[max(0, len(w.groups)-3):]).Draw(w.T, "group")
	group = group[:len(group):len(group)]
	switch w.upTo(8) {
	case 1:
		group = group[:w.upTo(len(group))]
	case 2:
		if l, ok := w.lease(); ok {
			group = append(group, l)
		}
	case 3:
		group = append(group, group[0])
	}
	var store, model []belfry.Lease
	for _, l := range group {
		store, model = append(store, l.store), append(model, l.model)
	}
	account, id := w.pick("a", "b"), fmt.Sprint("<fold ", w.upTo(1000), ">")
	got := w.store.Fold(w.t.Context(), store, account, id, []byte(id))
	w.sameErr("fold", got, w.model.Fold(w.t.Context(), model, account, id, []byte(id)))
	if got == nil && w.flip("settled") {
		w.settleLease(group[0])
	}
}

func (w *twin) fullMailbox() {
	address := w.pick("a@x.org", "A@x.org", "b@x.org")
	got, err := w.store.FullMailbox(w.t.Context(), address, w.now)
	w.ok("full mailbox", err)
	want, err := w.model.FullMailbox(w.t.Context(), address, w.now)
	w.ok("the model's full mailbox", err)
	w.same("when it was full before", got, want)
}
