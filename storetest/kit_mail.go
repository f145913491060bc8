package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

// A letter is what a test sends by mail; what it leaves out is filled in.
type letter struct {
	user    string // ada
	to      string // the user at example.com
	dedupe  string
	after   time.Duration // from when on it may leave
	expires time.Duration
	outside bool // in no inbox
	plan    belfry.MailPlan
	state   belfry.DeliveryState // Queued
}

func (l letter) accept(now time.Time) belfry.Accept {
	if l.user == "" {
		l.user = "ada"
	}
	if l.to == "" {
		l.to = l.user + "@example.com"
	}
	if l.state == "" {
		l.state = belfry.Queued
	}
	s := plain(belfry.ToUser(l.user), "mail")
	s.DedupeKey = l.dedupe
	if l.expires != 0 {
		s.ExpiresAt = now.Add(l.expires)
	}
	return belfry.Accept{Send: &s, At: now, Decide: func(*belfry.Recipient) belfry.Decision {
		d := belfry.Delivery{Channel: belfry.Email, To: l.to, State: l.state, Plan: &l.plan}
		if l.state == belfry.Queued {
			d.NextAttemptAt = now.Add(l.after)
		}
		return belfry.Decision{Inbox: !l.outside, Deliveries: []belfry.Delivery{d}}
	}}
}

// A posted is a letter that was accepted.
type posted struct{ notification, delivery belfry.ID }

// post sends a letter a millisecond later.
func (k *kit) post(l letter) posted {
	k.Helper()
	k.tick(time.Millisecond)
	out := k.accept(l.accept(k.now))
	k.ok("send", out.Err)
	all := k.receipt(out.ID).Deliveries
	return posted{out.ID, all[len(all)-1].ID}
}

const leaseOfTests = time.Minute

var everyClass = [...]belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk}

// claim leases what is due of some classes, all when none is named, and returns when the next is.
func (k *kit) claim(limit int, order ...belfry.MailClass) ([]belfry.Mail, time.Time) {
	k.Helper()
	if len(order) == 0 {
		order = everyClass[:]
	}
	mails, next, err := k.store.Claim(k.Context(), belfry.ClaimQuery{Order: order, Limit: limit, Now: k.now, Lease: leaseOfTests})
	k.ok("claim", err)
	return mails, next
}

// take claims what must be the only mail that is due.
func (k *kit) take() belfry.Mail {
	k.Helper()
	mails, _ := k.claim(10)
	if len(mails) != 1 {
		k.Fatalf("claim: got %d mails, want 1", len(mails))
	}
	return mails[0]
}

// rests fails the test unless nothing is due.
func (k *kit) rests() {
	k.Helper()
	if mails, _ := k.claim(10); len(mails) > 0 {
		k.Fatalf("claim: got %+v, want nothing", mails)
	}
}

func ids(mails []belfry.Mail) (out []belfry.ID) {
	for i := range mails {
		out = append(out, mails[i].Delivery.ID)
	}
	return out
}

func (k *kit) prepare(m belfry.Mail, message string) {
	k.Helper()
	k.ok("prepare", k.store.Prepare(k.Context(), m.Lease, "<1@example.com>", []byte(message)))
}

func (k *kit) commit(m belfry.Mail) {
	k.Helper()
	k.ok("commit", k.store.Commit(k.Context(), m.Lease, "main"))
}

func (k *kit) settle(m belfry.Mail, s belfry.Settlement) {
	k.Helper()
	k.ok("settle", k.store.Settle(k.Context(), m.Lease, s))
}

func (k *kit) sent(m belfry.Mail) {
	k.Helper()
	k.settle(m, belfry.Settlement{State: belfry.Sent, At: k.now})
}

// later is a settlement that tries again after a while.
func (k *kit) later(d time.Duration) belfry.Settlement {
	return belfry.Settlement{State: belfry.Queued, NextAttemptAt: k.now.Add(d)}
}

// lost fails the test unless nothing can be done under the lease, and nothing changes.
func (k *kit) lost(l belfry.Lease) {
	k.Helper()
	before, message, err := k.store.Delivery(k.Context(), l.Delivery)
	there := err == nil
	if !there {
		k.fails("delivery", err, belfry.ErrNotFound)
	}
	k.fails("prepare", k.store.Prepare(k.Context(), l, "<other@example.com>", []byte("other")), belfry.ErrLeaseLost)
	k.fails("commit", k.store.Commit(k.Context(), l, "other"), belfry.ErrLeaseLost)
	s := belfry.Settlement{State: belfry.Failed, Reason: "other", Attempt: &belfry.Attempt{At: k.now}, Counts: true, Suppress: "other"}
	k.fails("settle", k.store.Settle(k.Context(), l, s), belfry.ErrLeaseLost)
	after, same, err := k.store.Delivery(k.Context(), l.Delivery)
	if there != (err == nil) {
		k.Fatalf("what was refused changed whether there is a delivery: %v", err)
	}
	k.same("the delivery after what was refused", after, before)
	k.same("the bytes after what was refused", same, message)
	suppressed, err := k.store.Suppressed(k.Context())
	k.ok("suppressed", err)
	if suppressed[before.To] == "other" {
		k.Fatal("what was refused suppressed an address")
	}
}

func (k *kit) delivery(id belfry.ID) belfry.Delivery {
	k.Helper()
	d, _, err := k.store.Delivery(k.Context(), id)
	k.ok("delivery", err)
	return d
}

// ended fails the test unless a mail has a state for a reason, in the list too, and is not in the queue.
func (k *kit) ended(p posted, state belfry.DeliveryState, reason string) {
	k.Helper()
	d := k.delivery(p.delivery)
	k.same("state and reason", [2]string{string(d.State), d.Reason}, [2]string{string(state), reason})
	k.same("next attempt", d.NextAttemptAt, time.Time{})
	page, err := k.store.Deliveries(k.Context(), belfry.DeliveryQuery{State: state, Limit: 1000})
	k.ok("deliveries", err)
	var listed []belfry.Delivery
	for _, v := range page.Results {
		if v.ID == p.delivery {
			listed = append(listed, v)
		}
	}
	k.same("in the list of the state", listed, []belfry.Delivery{d})
	k.tick(24 * time.Hour)
	k.rests()
}

func (k *kit) retry(id belfry.ID) belfry.Delivery {
	k.Helper()
	d, err := k.store.Retry(k.Context(), id, k.now)
	k.ok("retry", err)
	return d
}

// notRetried fails the test unless a retry is a conflict.
func (k *kit) notRetried(id belfry.ID) {
	k.Helper()
	_, err := k.store.Retry(k.Context(), id, k.now)
	k.fails("retry", err, &belfry.Error{Code: belfry.CodeConflict})
}
