package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

// foldedRules say what becomes of mails that go as one.
func foldedRules() []rule {
	return []rule{
		{"sent: all are, in one moment, with the attempt, and the bytes are those of all", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{})
			for _, p := range all {
				k.same("meanwhile", k.delivery(p.delivery).State, belfry.Queued)
			}
			for _, l := range leases(m)[1:] {
				k.lost(l)
			}
			a := belfry.Attempt{At: k.tick(time.Second), Code: 250, Text: "OK"}
			k.settle(m, belfry.Settlement{State: belfry.Sent, Reason: "accepted", At: k.now, Attempt: &a, Counts: true})
			k.are(all, belfry.Sent, "accepted")
			for _, p := range all {
				d, message, err := k.store.Delivery(k.Context(), p.delivery)
				k.ok("delivery", err)
				k.same("message", [2]string{d.MessageID, string(message)}, [2]string{"<f@example.com>", "folded"})
				k.same("attempts", d.Attempts, []belfry.Attempt{a})
				k.same("sent at", d.SentAt, k.now)
				k.same("tries and account", [2]any{d.Tries, d.Account}, [2]any{1, "main"})
			}
			k.mailsSent("main", time.Time{}, 10, 1, k.now)
			k.tick(time.Hour)
			k.rests()
		}},
		{"not accepted, for certain: each is a mail of its own again, and may be folded anew", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{})
			s := k.folds(time.Second)
			s.Attempt, s.Counts = &belfry.Attempt{At: k.now, Code: 450}, true
			k.settle(m, s)
			for _, p := range all {
				d, message, err := k.store.Delivery(k.Context(), p.delivery)
				k.ok("delivery", err)
				k.same("state", [3]string{string(d.State), d.Reason, d.MessageID + string(message)}, [3]string{"queued", "the mailbox rests", ""})
				k.same("attempts and tries", [2]int{len(d.Attempts), d.Tries}, [2]int{1, 1})
			}
			k.mailsSent("main", time.Time{}, 0, 0)
			k.tick(time.Second)
			again := k.take()
			k.same("together again", len(again.With), 2)
			k.settle(again, belfry.Settlement{State: belfry.Failed})
			k.fails("fold", k.store.Fold(k.Context(), leases(again), "main", "<f>", []byte("folded")), belfry.ErrLeaseLost)
		}},
		{"the answer was lost: all are ambiguous, and the same bytes go again for all", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{})
			s := k.later(time.Minute)
			s.Reason = "lost"
			k.settle(m, s)
			k.are(all, belfry.Ambiguous, "lost")
			k.same("next", k.delivery(all[2].delivery).NextAttemptAt, k.now.Add(time.Minute))
			k.tick(time.Minute)
			k.resent(all)
		}},
		{"the worker died: the same", func(k *kit) {
			all, _ := k.folded(belfry.MailPlan{})
			k.tick(leaseOfTests)
			k.resent(all)
		}},
		{"refused, or ended in any other way: all are", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{})
			k.settle(m, belfry.Settlement{State: belfry.Failed, Reason: "refused", Uncommitted: true})
			k.are(all, belfry.Failed, "refused")
			k.tick(time.Hour)
			k.rests()
		}},
		{"read before the commit: its lease is lost, as every mail's", func(k *kit) {
			l := letter{plan: belfry.MailPlan{Unless: belfry.UnlessRead}}
			all := k.waiting(l, l)
			m := k.take()
			k.read("ada", all[1].notification)
			k.fails("fold", k.store.Fold(k.Context(), leases(m), "main", "<f>", []byte("folded")), belfry.ErrLeaseLost)
			k.same("state", k.delivery(all[1].delivery).State, belfry.Canceled)
			k.prepare(m, "alone")
			k.commit(m)
			k.sent(m)
		}},
		{"read after it: the first or another, it is sent if the mail is, and canceled if it was not accepted", func(k *kit) {
			for i := range 3 {
				k.part("accepted", func(k *kit) {
					all, m := k.folded(belfry.MailPlan{Unless: belfry.UnlessRead})
					k.read("ada", all[i].notification)
					k.sent(m)
					k.are(all, belfry.Sent, "")
				})
				k.part("not accepted", func(k *kit) {
					all, m := k.folded(belfry.MailPlan{Unless: belfry.UnlessRead})
					k.read("ada", all[i].notification)
					k.settle(m, k.folds(0))
					d := k.delivery(all[i].delivery)
					k.same("read", [2]string{string(d.State), d.Reason}, [2]string{"canceled", "read before it was sent"})
					others := k.take()
					k.same("the others", 1+len(others.With), 2)
					k.fold(others)
					k.sent(others)
				})
				k.part("in doubt", func(k *kit) {
					all, m := k.folded(belfry.MailPlan{Unless: belfry.UnlessRead})
					k.settle(m, k.later(0))
					k.read("ada", all[i].notification)
					k.resent(all)
				})
			}
		}},
		{"in doubt, and all of them read or expired: it is not sent again", func(k *kit) {
			l := letter{plan: belfry.MailPlan{Unless: belfry.UnlessRead}}
			short := l
			short.expires = 2 * time.Minute
			all := k.waiting(l, l, short)
			m := k.take()
			k.fold(m)
			k.read("ada", all[0].notification, all[1].notification)
			k.settle(m, k.later(time.Minute))
			k.tick(time.Minute)
			k.rests()
			const again = "the server's answer was lost, and it is not sent again: "
			k.ended(all[0], belfry.Ambiguous, again+"read before it was sent")
			k.ended(all[1], belfry.Ambiguous, went(all[0])+again+"read before it was sent")
			k.ended(all[2], belfry.Ambiguous, went(all[0])+again+"expired")
		}},
	}
}

// resent fails the test unless the mail for all is the one that is due, and is sent.
func (k *kit) resent(all []posted) {
	k.Helper()
	m := k.take()
	k.same("mail", m.Delivery.ID, all[0].delivery)
	k.same("bytes", string(m.Message), "folded")
	k.same("committed", [2]any{m.Committed, m.Only}, [2]any{true, "main"})
	k.same("for how many", m.Folded, len(all))
	k.same("with it", len(m.With), 0)
	for _, p := range all {
		k.same("under way", k.delivery(p.delivery).State, belfry.Queued)
	}
	k.commit(m)
	k.settle(m, belfry.Settlement{State: belfry.Sent, Reason: "accepted", At: k.now})
	k.are(all, belfry.Sent, "accepted")
}
