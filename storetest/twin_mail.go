package storetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// The steps of a twin's history that are about mail.

// A held lease is one that was given by both, under tokens that each chose.
type twinLease struct{ store, model belfry.Lease }

// decideBy is a sender's policy: the person's preferences, and most often a mail, of a plan that is drawn beforehand, for
// the store and the model each ask.
func (w *twin) decideBy(s *belfry.Send) func(*belfry.Recipient) belfry.Decision {
	d := belfry.Delivery{
		Channel: belfry.Email, To: w.pick("A@x.org", "a@x.org", "b@x.org"), Plan: &belfry.MailPlan{
			Class:  rapid.SampledFrom(everyClass[:]).Draw(w.T, "class"),
			Unless: belfry.Unless(w.pick("", "read", "read", "seen")), AtMostOnce: w.flip("at most once"),
		},
	}
	d.State = rapid.SampledFrom([]belfry.DeliveryState{belfry.Queued, belfry.Queued, belfry.Queued, belfry.Captured, belfry.Skipped}).Draw(w.T, "state")
	if d.State == belfry.Queued {
		d.NextAttemptAt = w.now.Add(w.pause())
	}
	if w.flip("end") {
		d.Plan.GiveUpAt = w.now.Add(time.Hour)
	}
	if w.flip("content") {
		d.Plan.Content = &belfry.EmailContent{Subject: "s", HTML: "<p>"}
	}
	inboxOnly, outside := w.upTo(4) == 1, w.upTo(4) == 1
	return func(r *belfry.Recipient) belfry.Decision {
		out := belfry.Decision{Inbox: !outside && r.Preferences.Allow(s.Category, belfry.InApp, s.Priority)}
		if !inboxOnly {
			d := d
			d.Reason = "for " + r.User.Name
			out.Deliveries = []belfry.Delivery{d, {Channel: belfry.InApp, State: belfry.Sent}}
		}
		return out
	}
}

func (w *twin) pause() time.Duration {
	return rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, time.Second, time.Minute}).Draw(w.T, "pause")
}

// adopt gives the model's deliveries the ids that the store gave to the same.
func (w *twin) adopt(a belfry.Accepted) {
	for _, u := range a.Users {
		got, err := w.store.Receipt(w.t.Context(), u.ID)
		w.ok("receipt", err)
		for _, h := range w.model.under(u.ID) {
			w.same("number of deliveries", len(got.Deliveries), len(h.deliveries))
			for i, v := range h.deliveries {
				v.d.ID = got.Deliveries[i].ID
			}
		}
	}
}

// compareMail compares every delivery.
func (w *twin) compareMail() {
	w.sameDeliveries(belfry.DeliveryQuery{Limit: 10_000})
}

func (w *twin) sameDeliveries(q belfry.DeliveryQuery) {
	w.Helper()
	got, err := w.store.Deliveries(w.t.Context(), q)
	w.ok("deliveries", err)
	want, err := w.model.Deliveries(w.t.Context(), q)
	w.ok("the model's deliveries", err)
	w.same(fmt.Sprintf("the deliveries %+v", q), got, want)
}

func (w *twin) claim() {
	order := rapid.SliceOfNDistinct(rapid.SampledFrom(everyClass[:]), 1, 3, rapid.ID).Draw(w.T, "order")
	lease := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, time.Hour}).Draw(w.T, "lease")
	w.claimBy(belfry.ClaimQuery{Order: order, Limit: w.upTo(3), Now: w.now, Lease: lease})
}

func (w *twin) claimBy(q belfry.ClaimQuery) {
	got, next, err := w.store.Claim(w.t.Context(), q)
	w.ok("claim", err)
	want, wantNext, err := w.model.Claim(w.t.Context(), q)
	w.ok("the model's claim", err)
	w.same("number of mails", len(got), len(want))
	for i := range got {
		w.same("number of mails that go with it", len(got[i].With), len(want[i].With))
		group := []twinLease{w.hold(&got[i], &want[i])}
		for j := range got[i].With {
			group = append(group, w.hold(&got[i].With[j], &want[i].With[j]))
		}
		if len(group) > 1 {
			w.groups = append(w.groups, group)
		}
	}
	w.same("the mails", got, want)
	if next.IsZero() != wantNext.IsZero() || next.After(wantNext) {
		w.Fatalf("the next is due at %v, and the store says %v", wantNext, next)
	}
}

// hold keeps the leases of a mail that both gave.
func (w *twin) hold(got, want *belfry.Mail) twinLease {
	for _, l := range w.leases {
		if l.store.Delivery == got.Lease.Delivery && l.store.Token >= got.Lease.Token {
			w.Fatalf("the token %+v is not higher than %+v", got.Lease, l.store)
		}
	}
	l := twinLease{got.Lease, want.Lease}
	w.leases = append(w.leases, l)
	got.Lease = want.Lease
	if gone := got.Notification; got.Folded > 1 && gone.Title == "" && gone.ID == want.Notification.ID {
		got.Notification = want.Notification // it is gone, but others of the mail are wanted: its words are in the bytes
	}
	return l
}

// lease draws one of the last most often, that most often still holds.
func (w *twin) lease() (l twinLease, ok bool) {
	if len(w.leases) == 0 {
		return twinLease{}, false
	}
	leases := w.leases
	if w.upTo(5) > 1 {
		leases = leases[max(0, len(leases)-3):]
	}
	return rapid.SampledFrom(leases).Draw(w.T, "held"), true
}

func (w *twin) prepare() {
	l, ok := w.lease()
	if !ok {
		return
	}
	text := []byte(fmt.Sprint("bytes ", w.upTo(1000)))
	got := w.store.Prepare(w.t.Context(), l.store, "<"+string(text)+">", text)
	w.sameErr("prepare", got, w.model.Prepare(w.t.Context(), l.model, "<"+string(text)+">", text))
}

func (w *twin) commit() {
	if l, ok := w.lease(); ok {
		account := w.pick("a", "b")
		w.sameErr("commit", w.store.Commit(w.t.Context(), l.store, account), w.model.Commit(w.t.Context(), l.model, account))
	}
}

func (w *twin) settle() {
	if l, ok := w.lease(); ok {
		w.settleLease(l)
	}
}

func (w *twin) settleLease(l twinLease) {
	s := belfry.Settlement{Reason: w.pick("", "because"), At: w.now, NextAttemptAt: w.now.Add(w.pause()), Counts: w.flip("counts")}
	s.State = rapid.SampledFrom([]belfry.DeliveryState{
		belfry.Queued, belfry.Queued, belfry.Queued, belfry.Sent, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled,
	}).Draw(w.T, "settled as")
	if w.flip("attempt") {
		s.Attempt = &belfry.Attempt{At: w.now.Add(-w.pause()), Stage: "DATA", Code: 451, Text: "later"}
	}
	if s.State != belfry.Sent {
		s.Uncommitted = w.flip("uncommitted")
	}
	s.Fold, s.Account = w.flip("fold"), w.pick("", "", "a", "b")
	if w.upTo(6) == 1 {
		s.Suppress = "no such user"
	}
	w.settleAs(l, s)
}

func (w *twin) settleAs(l twinLease, s belfry.Settlement) {
	w.sameErr("settle", w.store.Settle(w.t.Context(), l.store, s), w.model.Settle(w.t.Context(), l.model, s))
}

// delivery draws one there is, or now and then something else.
func (w *twin) delivery() belfry.ID {
	all := w.model.parcels()
	if len(all) == 0 || w.upTo(8) == 1 {
		return w.id()
	}
	if w.upTo(3) > 1 {
		all = all[:min(4, len(all))]
	}
	return all[w.upTo(len(all))-1].d.ID
}

func (w *twin) retry() {
	id := w.delivery()
	got, err := w.store.Retry(w.t.Context(), id, w.now)
	want, wantErr := w.model.Retry(w.t.Context(), id, w.now)
	w.sameErr("retry", err, wantErr)
	w.same("what is queued anew", got, want)
}

// look compares what an operator sees: a delivery, a list, the addresses, and what an account has sent.
func (w *twin) look() {
	id := w.delivery()
	d, message, err := w.store.Delivery(w.t.Context(), id)
	want, wanted, wantErr := w.model.Delivery(w.t.Context(), id)
	w.sameErr("delivery", err, wantErr)
	w.same("a delivery", d, want)
	w.same("its bytes", message, wanted)

	q := belfry.DeliveryQuery{Limit: w.upTo(4), State: belfry.DeliveryState(w.pick("", "queued", "sent", "canceled", "ambiguous"))}
	q.User, q.Channel = w.pick("", w.user()), belfry.Channel(w.pick("", "email", "in_app"))
	if w.flip("after") {
		q.After = w.delivery()
	}
	w.sameDeliveries(q)

	suppressed, err := w.store.Suppressed(w.t.Context())
	w.ok("suppressed", err)
	w.same("the suppressed", len(suppressed), len(w.model.suppressed))
	for address, why := range w.model.suppressed {
		w.same(address, suppressed[address], why)
	}
	account, after, limit := w.pick("a", "b"), w.now.Add(-w.pause()), w.upTo(5)-1
	n, earliest, err := w.store.MailsSent(w.t.Context(), account, after, limit)
	w.ok("mails sent", err)
	sent, times, err := w.model.MailsSent(w.t.Context(), account, after, limit)
	w.ok("the model's mails sent", err)
	w.same("mails sent", n, sent)
	w.same("the earliest", slices.Clone(earliest), times)
}

func (w *twin) unsuppress() {
	address := w.pick("a@x.org", "B@X.org")
	w.sameErr("unsuppress", w.store.Unsuppress(w.t.Context(), address), w.model.Unsuppress(w.t.Context(), address))
}
