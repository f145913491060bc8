package storetest

import (
	"encoding/json"
	"time"

	"github.com/belfryhq/belfry"
)

func claimRules() []rule {
	return []rule{
		{"a claim brings all that a mail is made of", claimBringsAll},
		{"a person and their mail are known to a claim that comes at once", func(k *kit) {
			p := k.post(letter{user: "zoe"})
			m := k.take()
			k.same("user", m.User, belfry.User{ID: "zoe"})
			k.same("notification", m.Notification, k.find("zoe", p.notification))
			k.same("plan", m.Plan, belfry.MailPlan{})
		}},
		{"not before NextAttemptAt, and next says when", func(k *kit) {
			p := k.post(letter{after: time.Minute})
			due := k.now.Add(time.Minute)
			k.now = due.Add(-time.Millisecond)
			mails, next := k.claim(10)
			k.same("mails", len(mails), 0)
			k.same("next", next, due)
			k.now = due
			k.same("mail", k.take().Delivery.ID, p.delivery)
		}},
		{"the first class of the order that has any; others are left alone", func(k *kit) {
			bulk := k.post(letter{plan: belfry.MailPlan{Class: belfry.Bulk}})
			plain, urgent := k.post(letter{}), k.post(letter{plan: belfry.MailPlan{Class: belfry.Urgent}})
			k.post(letter{plan: belfry.MailPlan{Class: belfry.Urgent}, after: time.Hour})
			mails, next := k.claim(10, belfry.Urgent)
			k.same("urgent", ids(mails), []belfry.ID{urgent.delivery})
			k.same("next urgent", next, k.now.Add(time.Hour))
			mails, next = k.claim(10, belfry.Urgent, belfry.Bulk, belfry.Transactional)
			k.same("bulk before the rest, as asked", ids(mails), []belfry.ID{bulk.delivery})
			if next.After(k.now) {
				k.Fatalf("one is due, and next is %v", next)
			}
			mails, _ = k.claim(10)
			k.same("the last", ids(mails), []belfry.ID{plain.delivery})
			mails, next = k.claim(10, belfry.Transactional)
			k.same("nothing", len(mails), 0)
			k.same("next of a leased one: the end of its lease", next, k.now.Add(leaseOfTests))
		}},
		{"in the order of NextAttemptAt, at most limit", func(k *kit) {
			var want []belfry.ID
			for _, after := range []time.Duration{3 * time.Second, time.Second, 2 * time.Second} {
				want = append(want, k.post(letter{after: after}).delivery)
			}
			k.tick(time.Minute)
			mails, next := k.claim(2)
			k.same("the first two", ids(mails), []belfry.ID{want[1], want[2]})
			if next.IsZero() || next.After(k.now) {
				k.Fatalf("one more is due, and next is %v", next)
			}
			mails, next = k.claim(2)
			k.same("the last", ids(mails), []belfry.ID{want[0]})
			k.same("next: the end of the first leases", next, k.now.Add(leaseOfTests))
		}},
		{"an empty queue has no next", func(k *kit) {
			k.post(letter{state: belfry.Captured})
			k.post(letter{state: belfry.Skipped})
			k.tell("ada", "no mail")
			k.tellAll("no mail")
			mails, next := k.claim(10)
			k.same("mails", len(mails), 0)
			k.same("next", next, time.Time{})
			k.post(letter{})
			_, next = k.claim(10)
			k.same("next when all is claimed", next, time.Time{})
		}},
		{"a store that counts its queue counts what is to be sent, now or later, leased or not", func(k *kit) {
			q, ok := k.store.(belfry.QueueCounter)
			if !ok {
				return // it is a power of its own
			}
			k.post(letter{})
			k.take()
			k.post(letter{after: time.Hour})
			k.post(letter{state: belfry.Failed, plan: belfry.MailPlan{Class: belfry.Urgent}})
			k.post(letter{plan: belfry.MailPlan{Class: belfry.Bulk}})
			got, err := q.QueuedMails(k.Context())
			k.ok("queued mails", err)
			k.same("queued mails", got, map[belfry.MailClass]int{belfry.Transactional: 2, belfry.Bulk: 1})
		}},
		{"what it is about is as of the claim", func(k *kit) {
			p := k.post(letter{after: time.Minute})
			k.tick(time.Minute)
			ada := belfry.User{ID: "ada", Name: "Ada", Locale: "de"}
			k.ok("put user", k.store.PutUser(k.Context(), ada))
			k.read("ada", p.notification)
			m := k.take()
			k.same("user", m.User, ada)
			k.same("read", m.Notification.ReadAt, k.now)
		}},
		{"mail for what has expired is ended, whether Expire came or not", func(k *kit) {
			good, over := k.post(letter{after: time.Second}), k.post(letter{expires: time.Second})
			k.tick(time.Second)
			mails, _ := k.claim(1)
			k.same("mails", ids(mails), []belfry.ID{good.delivery})
			k.sent(mails[0])
			k.ended(over, belfry.Canceled, "expired")
		}},
	}
}

func claimBringsAll(k *kit) {
	ada := belfry.User{
		ID: "ada", Email: "ada@example.com", Name: "Ada", Locale: "de-AT", Timezone: "Europe/Vienna", Data: json.RawMessage(`{"n":1}`),
	}
	k.ok("put user", k.store.PutUser(k.Context(), ada))
	plan := belfry.MailPlan{
		Class: belfry.Bulk, Unless: belfry.UnlessSeen, AtMostOnce: true, GiveUpAt: k.now.Add(time.Hour), Thread: "order-7",
		Content: &belfry.EmailContent{To: "a@example.com", Subject: "Grüße", HTML: "<p>🔔", Text: "t", ReplyTo: "r@example.com"},
	}
	s := belfry.Send{
		To: belfry.ToUser("ada"), Category: "order.assigned", Title: "t", Body: "b", URL: "/u", Data: json.RawMessage(`{"a":1}`),
		Actor: &belfry.Actor{ID: "7", Name: "Bob"}, Priority: belfry.High, ExpiresAt: k.now.Add(time.Hour),
	}
	d := belfry.Delivery{Channel: belfry.Email, To: "a@example.com", State: belfry.Queued, Reason: "why", NextAttemptAt: k.now, Plan: &plan}
	id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{{Channel: belfry.InApp, State: belfry.Sent}, d}}
	}}).ID
	m := k.take()
	d.ID, d.NotificationID, d.User, d.CreatedAt, d.Plan = m.Delivery.ID, id, "ada", k.now, nil
	if d.ID.IsZero() || m.Lease.Token == 0 {
		k.Fatalf("the mail has no name: %+v", m.Lease)
	}
	want := belfry.Mail{
		Lease: belfry.Lease{Delivery: d.ID, Token: m.Lease.Token}, Delivery: d, Plan: plan, Notification: k.find("ada", id), User: ada,
	}
	k.same("mail", m, want)
	k.same("delivery", k.delivery(d.ID), d)
	k.same("in the receipt", k.receipt(id).Deliveries[1], d)
}

func leaseRules() []rule {
	return []rule{
		{"a leased mail is nobody else's until the lease runs out, and then has a higher token", func(k *kit) {
			p := k.post(letter{})
			first := k.take()
			k.tick(leaseOfTests - time.Millisecond)
			mails, next := k.claim(10)
			k.same("mails", len(mails), 0)
			k.same("next", next, k.now.Add(time.Millisecond))
			k.tick(time.Millisecond)
			second := k.take()
			k.same("the same mail", second.Delivery.ID, p.delivery)
			if second.Lease.Token <= first.Lease.Token {
				k.Fatalf("the second token is %d, and the first %d", second.Lease.Token, first.Lease.Token)
			}
			k.lost(first.Lease)
			k.sent(second)
		}},
		{"a lease that ran out holds until somebody else claims", func(k *kit) {
			p := k.post(letter{})
			m := k.take()
			k.tick(time.Hour)
			k.prepare(m, "bytes")
			k.commit(m)
			k.sent(m)
			k.ended(p, belfry.Sent, "")
		}},
		{"a settled mail's lease is over, and so is every one before it", func(k *kit) {
			k.post(letter{})
			first := k.take()
			k.settle(first, k.later(0))
			k.lost(first.Lease)
			second := k.take()
			k.lost(first.Lease)
			k.sent(second)
			k.lost(second.Lease)
			k.lost(first.Lease)
		}},
		{"a lease of nothing, and a token never given, are lost", func(k *kit) {
			p := k.post(letter{})
			k.lost(belfry.Lease{Delivery: p.delivery})
			m := k.take()
			k.lost(belfry.Lease{Delivery: p.delivery, Token: m.Lease.Token + 1})
			k.lost(belfry.Lease{Delivery: p.notification, Token: m.Lease.Token})
			k.lost(belfry.Lease{Delivery: belfry.NewID(k.now, 1, 1), Token: 1})
			k.lost(belfry.Lease{})
			k.sent(m)
		}},
		{"the bytes are stored once, and come back as they are", func(k *kit) {
			p := k.post(letter{plan: belfry.MailPlan{Content: &belfry.EmailContent{Subject: "s"}}})
			m := k.take()
			raw := []byte("From: a\r\n\r\n\x00\xff binary \xc3\x28")
			k.ok("prepare", k.store.Prepare(k.Context(), m.Lease, "<id@example.com>", raw))
			err := k.store.Prepare(k.Context(), m.Lease, "<other@example.com>", []byte("other"))
			k.fails("prepare again", err, &belfry.Error{Code: belfry.CodeInvalid})
			k.tick(leaseOfTests)
			m = k.take()
			k.same("bytes", m.Message, raw)
			k.same("message id", m.Delivery.MessageID, "<id@example.com>")
			k.same("content", m.Plan.Content.Subject, "s")
			d, message, err := k.store.Delivery(k.Context(), p.delivery)
			k.ok("delivery", err)
			k.same("shown bytes", message, raw)
			k.same("shown message id", d.MessageID, "<id@example.com>")
			k.fails("prepare under the next lease", k.store.Prepare(k.Context(), m.Lease, "<o>", []byte("o")), &belfry.Error{Code: belfry.CodeInvalid})
			k.sent(m)
		}},
		{"a mail without bytes is not prepared", func(k *kit) {
			p := k.post(letter{})
			m := k.take()
			k.fails("prepare", k.store.Prepare(k.Context(), m.Lease, "<id>", nil), &belfry.Error{Code: belfry.CodeInvalid})
			_, message, err := k.store.Delivery(k.Context(), p.delivery)
			k.ok("delivery", err)
			k.same("bytes", message, []byte(nil))
			k.prepare(m, "bytes")
		}},
		{"committed and never settled: it comes back committed", func(k *kit) {
			k.post(letter{})
			m := k.take()
			k.same("committed at first", m.Committed, false)
			k.prepare(m, "bytes")
			k.commit(m)
			k.same("account", k.delivery(m.Delivery.ID).Account, "main")
			for range 2 {
				k.tick(leaseOfTests)
				m = k.take()
				k.same("committed", m.Committed, true)
				k.same("account", m.Delivery.Account, "main")
			}
			k.settle(m, k.later(time.Second))
			k.tick(time.Second)
			k.same("committed after another try that did not say", k.take().Committed, true)
		}},
	}
}
