package storetest

import (
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

func settleRules() []rule {
	return []rule{
		{"queued: due again at NextAttemptAt, and not before", func(k *kit) {
			k.post(letter{})
			m := k.take()
			k.settle(m, belfry.Settlement{State: belfry.Queued, Reason: "the server is busy", NextAttemptAt: k.now.Add(time.Minute)})
			d := k.delivery(m.Delivery.ID)
			k.same("state", d.State, belfry.Queued)
			k.same("reason", d.Reason, "the server is busy")
			k.same("next attempt", d.NextAttemptAt, k.now.Add(time.Minute))
			k.tick(time.Minute - time.Millisecond)
			k.rests()
			k.tick(time.Millisecond)
			k.same("claimed again", k.take().Delivery.Reason, "the server is busy")
		}},
		{"attempts are kept in their order, and the last 50 of many; only those that count are tries", func(k *kit) {
			k.post(letter{})
			var want []belfry.Attempt
			for i := range 60 {
				a := belfry.Attempt{At: k.now, Stage: "RCPT", Code: 450, EnhancedCode: "4.2.1", Text: fmt.Sprint("later, \"please\"\n", i)}
				want = append(want, a)
				s := k.later(0)
				s.Attempt, s.Counts = &a, i%2 == 0
				k.settle(k.take(), s)
				k.tick(time.Second)
			}
			k.settle(k.take(), k.later(0))
			m := k.take()
			k.same("attempts", m.Delivery.Attempts, want[10:])
			k.same("tries", m.Delivery.Tries, 30)
		}},
		{"uncommitted: it comes back as if it had not been committed", func(k *kit) {
			k.post(letter{})
			m := k.take()
			k.prepare(m, "bytes")
			k.commit(m)
			s := k.later(0)
			s.Uncommitted = true
			k.settle(m, s)
			m = k.take()
			k.same("committed", m.Committed, false)
			k.same("bytes", string(m.Message), "bytes")
			k.same("account", m.Delivery.Account, "main")
		}},
		{"the account of an attempt before the commit is kept, and does not take the place of one that may have sent it", func(k *kit) {
			k.post(letter{})
			s := k.later(0)
			s.Account = "spare"
			k.settle(k.take(), s)
			m := k.take()
			k.same("account", [2]string{m.Delivery.Account, m.Only}, [2]string{"spare", ""})
			k.commit(m)
			k.settle(m, k.later(0))
			m = k.take()
			k.same("the account that may have sent it", m.Only, "main")
			k.settle(m, s)
			k.same("account", k.take().Delivery.Account, "main")
		}},
		{"suppress: mail to the address says why, in whatever case it is written", func(k *kit) {
			k.post(letter{user: "ada", to: "Ada@Example.COM"})
			m := k.take()
			k.same("suppressed at first", m.Suppressed, "")
			k.settle(m, belfry.Settlement{State: belfry.Failed, Reason: "no such user", Suppress: "550 5.1.1"})
			k.post(letter{user: "bob", to: "ADA@example.com"})
			k.same("suppressed", k.take().Suppressed, "550 5.1.1")
			k.post(letter{user: "cy", to: "bda@example.com"})
			k.same("another address", k.take().Suppressed, "")
			got, err := k.store.Suppressed(k.Context())
			k.ok("suppressed", err)
			k.same("suppressed", got, map[string]string{"ada@example.com": "550 5.1.1"})
		}},
		{"in every other state: out of the queue, for the reason given", func(k *kit) {
			for _, state := range []belfry.DeliveryState{
				belfry.Sent, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled,
			} {
				k.part(string(state), func(k *kit) { settlesAs(k, state) })
			}
		}},
	}
}

func settlesAs(k *kit, state belfry.DeliveryState) {
	p := k.post(letter{})
	m := k.take()
	k.prepare(m, "bytes")
	k.commit(m)
	a := belfry.Attempt{At: k.now, Stage: "DATA", Code: 250, Text: "2.0.0 OK"}
	k.settle(m, belfry.Settlement{
		State: state, Reason: "because", At: k.now, NextAttemptAt: k.now.Add(time.Second), Attempt: &a, Counts: true,
	})
	want := m.Delivery
	want.State, want.Reason, want.Attempts, want.Tries, want.Account = state, "because", []belfry.Attempt{a}, 1, "main"
	want.MessageID, want.NextAttemptAt = "<1@example.com>", time.Time{}
	if state == belfry.Sent {
		want.SentAt = k.now
	}
	k.same("delivery", k.delivery(p.delivery), want)
	k.ended(p, state, "because")
	k.lost(m.Lease)
}
