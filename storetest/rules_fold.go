package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

// folds is a mail that may be folded.
func (k *kit) folds(d time.Duration) belfry.Settlement {
	s := k.later(d)
	s.Reason, s.Uncommitted, s.Fold = "the mailbox rests", true, true
	return s
}

// waiting posts letters, and has them wait so that they may be folded.
func (k *kit) waiting(letters ...letter) (all []posted) {
	k.Helper()
	for _, l := range letters {
		all = append(all, k.post(l))
	}
	for range letters {
		mails, _ := k.claim(1)
		k.same("number of mails", len(mails), 1)
		for _, m := range append(mails, mails[0].With...) {
			k.settle(m, k.folds(time.Minute))
		}
	}
	k.tick(time.Minute)
	return all
}

func leases(m belfry.Mail) []belfry.Lease {
	all := []belfry.Lease{m.Lease}
	for i := range m.With {
		all = append(all, m.With[i].Lease)
	}
	return all
}

func (k *kit) fold(m belfry.Mail) {
	k.Helper()
	k.ok("fold", k.store.Fold(k.Context(), leases(m), "main", "<f@example.com>", []byte("folded")))
}

// folded posts three letters and has them leave as one.
func (k *kit) folded(plan belfry.MailPlan) ([]posted, belfry.Mail) {
	k.Helper()
	l := letter{plan: plan}
	all := k.waiting(l, l, l)
	m := k.take()
	k.same("that may go with it", ids(m.With), []belfry.ID{all[1].delivery, all[2].delivery})
	k.fold(m)
	return all, m
}

func went(p posted) string { return "went with " + p.delivery.String() + ": " }

// are fails the test unless three mails have a state, the others for the reason of the first.
func (k *kit) are(all []posted, state belfry.DeliveryState, reason string) {
	k.Helper()
	for i, p := range all {
		d, want := k.delivery(p.delivery), reason
		if i > 0 {
			want = went(all[0]) + reason
		}
		k.same("state and reason", [2]string{string(d.State), d.Reason}, [2]string{string(state), want})
	}
}

func foldRules() []rule {
	return append(foldedRules(), []rule{
		{"with a mail come those that may go with it: the person's, to the same address, of the same kind", func(k *kit) {
			soon, later := belfry.MailPlan{GiveUpAt: k.now.Add(time.Hour)}, belfry.MailPlan{GiveUpAt: k.now.Add(2 * time.Hour)}
			all := k.waiting(letter{plan: later}, letter{plan: soon}, letter{plan: later}, letter{}, letter{user: "bob", to: "ada@example.com"},
				letter{to: "other@example.com"}, letter{plan: belfry.MailPlan{AtMostOnce: true}}, letter{plan: belfry.MailPlan{Class: belfry.Bulk}})
			k.post(letter{}) // nobody said of it that it may be folded
			mails, _ := k.claim(2, belfry.Transactional)
			k.same("mails", ids(mails), []belfry.ID{all[0].delivery, all[1].delivery})
			k.same("with the first, which is given up after the second", ids(mails[0].With), []belfry.ID{all[2].delivery, all[3].delivery})
			k.same("with the second", ids(mails[1].With), []belfry.ID(nil))
			k.same("a lease of its own", k.store.Prepare(k.Context(), mails[0].With[0].Lease, "<1>", []byte("x")), error(nil))
		}},
		{"not what is urgent, delayed, expired, has bytes or may have been sent, and not what others hold", func(k *kit) {
			k.waiting(letter{plan: belfry.MailPlan{Class: belfry.Urgent}}, letter{plan: belfry.MailPlan{Class: belfry.Urgent}})
			mails, _ := k.claim(2, belfry.Urgent)
			k.same("urgent ones", len(mails), 2)
			k.sent(mails[0])
			k.sent(mails[1])
			all := k.waiting(letter{}, letter{}, letter{}, letter{expires: time.Minute})
			k.post(letter{after: time.Hour})
			first, _ := k.claim(1)
			k.prepare(first[0].With[0], "bytes")
			k.commit(first[0].With[1])
			k.same("held", len(first[0].With), 2)
			k.settle(first[0], k.folds(0))
			s := k.folds(0)
			k.settle(first[0].With[0], s)
			s.Uncommitted = false
			k.settle(first[0].With[1], s)
			k.same("none of them", ids(k.claimed(10)), []belfry.ID{all[0].delivery, all[1].delivery, all[2].delivery})
		}},
		{"not what was ambiguous once: no account but one may carry it", func(k *kit) {
			p := k.post(letter{})
			m := k.take()
			k.commit(m)
			k.settle(m, belfry.Settlement{State: belfry.Ambiguous})
			k.retry(p.delivery)
			k.settle(k.take(), k.folds(time.Minute))
			all := k.waiting(letter{}, letter{})
			mails, _ := k.claim(2)
			k.same("mails", ids(mails), []belfry.ID{p.delivery, all[0].delivery})
			k.same("with it", len(mails[0].With), 0)
			k.same("with the other", ids(mails[1].With), []belfry.ID{all[1].delivery})
			together := append(leases(mails[1]), mails[0].Lease)
			err := k.store.Fold(k.Context(), together, "main", "<f>", []byte("folded"))
			k.fails("fold", err, &belfry.Error{Code: belfry.CodeInvalid})
		}},
		{"at most as many as may be folded come at once", func(k *kit) {
			accepts := make([]belfry.Accept, belfry.MaxFolded+1)
			for i := range accepts {
				accepts[i] = letter{}.accept(k.now)
			}
			k.accept(accepts...)
			mails, _ := k.claim(len(accepts))
			for _, m := range mails {
				k.settle(m, k.folds(0))
			}
			mails, _ = k.claim(1)
			k.same("with one", 1+len(mails[0].With), belfry.MaxFolded)
			k.fold(mails[0])
		}},
		{"a lost lease refuses all, and what does not fit is refused", refusedFolds},
		{"asked for again, one that went with others is a mail of its own", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{AtMostOnce: true})
			k.settle(m, belfry.Settlement{State: belfry.Ambiguous, Reason: "lost"})
			k.are(all, belfry.Ambiguous, "lost")
			for _, p := range []posted{all[1], all[0]} {
				k.same("message id", k.retry(p.delivery).MessageID, "")
				m := k.take()
				k.same("bytes", string(m.Message), "")
				k.same("by which account", m.Only, "main")
				k.prepare(m, "its own")
				k.commit(m)
				k.sent(m)
				k.same("state", k.delivery(p.delivery).State, belfry.Sent)
			}
			d, message, err := k.store.Delivery(k.Context(), all[2].delivery)
			k.ok("delivery", err)
			k.same("the last", [2]string{string(d.State), string(message)}, [2]string{"ambiguous", ""})
		}},
		{"a first one that is pruned leaves the others in doubt", func(k *kit) {
			all, m := k.folded(belfry.MailPlan{})
			k.settle(m, k.later(time.Hour))
			k.read("ada", all[0].notification)
			k.tick(time.Millisecond)
			k.prune(k.now)
			for _, p := range all[1:] {
				k.ended(p, belfry.Ambiguous, "the server's answer was lost, and it is not sent again: the mail that it went with is gone")
			}
		}},
	}...)
}

// claimed is claim without the time.
func (k *kit) claimed(limit int) []belfry.Mail {
	k.Helper()
	mails, _ := k.claim(limit)
	return mails
}

func refusedFolds(k *kit) {
	all := k.waiting(letter{}, letter{}, letter{}, letter{to: "other@example.com"})
	mails, _ := k.claim(2)
	m, other := mails[0], mails[1]
	fold := func(l ...belfry.Lease) error {
		return k.store.Fold(k.Context(), l, "main", "<f@example.com>", []byte("folded"))
	}
	invalid := &belfry.Error{Code: belfry.CodeInvalid}
	k.fails("alone", fold(m.Lease), invalid)
	k.fails("twice the same", fold(m.Lease, m.Lease), invalid)
	k.fails("to another address", fold(m.Lease, other.Lease), invalid)
	k.fails("without bytes", k.store.Fold(k.Context(), leases(m), "main", "<f@example.com>", nil), invalid)
	k.retract(all[2].notification)
	k.fails("one is gone", fold(leases(m)...), belfry.ErrLeaseLost)
	k.mailsSent("main", time.Time{}, 0, 0)
	for _, p := range all[:2] {
		k.same("after what was refused", k.delivery(p.delivery).MessageID, "")
	}
	k.ok("those that are left", fold(leases(m)[:2]...))
	k.mailsSent("main", time.Time{}, 0, 1)
}
