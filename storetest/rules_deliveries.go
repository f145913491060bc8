package storetest

import (
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// deliveries lists what a query finds, in pages of two, and checks that these are the pages of one list.
func (k *kit) deliveries(q belfry.DeliveryQuery) (found []belfry.ID) {
	k.Helper()
	q.Limit = 1000
	all, err := k.store.Deliveries(k.Context(), q)
	k.ok("deliveries", err)
	k.same("next of all", all.Next, belfry.ID{})
	var paged []belfry.Delivery
	for q.Limit = 2; ; {
		page, err := k.store.Deliveries(k.Context(), q)
		k.ok("deliveries", err)
		paged = append(paged, page.Results...)
		if q.After = page.Next; page.Next.IsZero() {
			break
		}
		k.same("length of a page that is not the last", len(page.Results), 2)
	}
	k.same("pages", paged, all.Results)
	for _, d := range all.Results {
		k.same("by itself", k.delivery(d.ID), d)
		found = append(found, d.ID)
	}
	return found
}

func deliveryRules() []rule {
	return []rule{
		{"listed newest first, in pages, by state, channel and person", listsDeliveries},
		{"of one moment too, the later first, and each once", func(k *kit) {
			s := plain(belfry.ToUsers("ada", "bob", "cy", "dee", "eve"), "team")
			decide := letter{}.accept(k.now).Decide
			out := k.accept(belfry.Accept{Send: &s, Decide: decide})
			var want []belfry.ID
			for _, d := range k.receipt(out.ID).Deliveries {
				want = append(want, d.ID)
			}
			slices.Reverse(want)
			k.same("number", len(want), 5)
			k.same("deliveries", k.deliveries(belfry.DeliveryQuery{}), want)
		}},
		{"what is not there is not found", func(k *kit) {
			p := k.post(letter{})
			for _, id := range []belfry.ID{{}, p.notification, belfry.NewID(k.now, 1, 1)} {
				_, _, err := k.store.Delivery(k.Context(), id)
				k.fails("delivery", err, belfry.ErrNotFound)
				_, err = k.store.Retry(k.Context(), id, k.now)
				k.fails("retry", err, belfry.ErrNotFound)
			}
		}},
		{"pruned with their notification", func(k *kit) {
			p, kept := k.post(letter{plan: belfry.MailPlan{Content: &belfry.EmailContent{Text: "t"}}}), k.post(letter{})
			m, _ := k.claim(1)
			k.prepare(m[0], "bytes")
			k.sent(m[0])
			out := k.post(letter{outside: true, after: time.Hour})
			k.retract(out.notification)
			k.read("ada", p.notification)
			k.same("before", k.deliveries(belfry.DeliveryQuery{}), []belfry.ID{out.delivery, kept.delivery, p.delivery})
			k.prune(k.tick(time.Second))
			k.same("after", k.deliveries(belfry.DeliveryQuery{}), []belfry.ID{kept.delivery})
			k.same("left in the queue", k.take().Delivery.ID, kept.delivery)
		}},
		{"a mail whose answer was lost is ambiguous until it is sent again", func(k *kit) {
			waits, p := k.post(letter{after: time.Hour}), k.post(letter{})
			m := k.take()
			k.prepare(m, "bytes")
			k.commit(m)
			k.same("queued while it is sent", k.deliveries(belfry.DeliveryQuery{State: belfry.Queued}), []belfry.ID{p.delivery, waits.delivery})
			k.settle(m, belfry.Settlement{State: belfry.Queued, NextAttemptAt: k.now})
			k.same("queued", k.deliveries(belfry.DeliveryQuery{State: belfry.Queued}), []belfry.ID{waits.delivery})
			k.same("ambiguous", k.deliveries(belfry.DeliveryQuery{State: belfry.Ambiguous}), []belfry.ID{p.delivery})
			k.same("by itself", k.delivery(p.delivery).State, belfry.Ambiguous)
			k.same("in the receipt", k.receipt(p.notification).Deliveries[0].State, belfry.Ambiguous)
			_, err := k.store.Retry(k.Context(), p.delivery, k.now)
			k.fails("retry of what is sent again anyway", err, belfry.Errorf(belfry.CodeConflict, ""))
			k.sent(k.take())
			k.same("ambiguous afterwards", k.deliveries(belfry.DeliveryQuery{State: belfry.Ambiguous}), []belfry.ID{})
		}},
	}
}

func listsDeliveries(k *kit) {
	var all []belfry.ID
	byState := map[belfry.DeliveryState][]belfry.ID{}
	byUser := map[string][]belfry.ID{}
	note := func(user string, state belfry.DeliveryState, id belfry.ID) {
		all = append([]belfry.ID{id}, all...)
		byState[state] = append([]belfry.ID{id}, byState[state]...)
		byUser[user] = append([]belfry.ID{id}, byUser[user]...)
	}
	for _, user := range []string{"ada", "bob", "ada"} {
		for _, state := range []belfry.DeliveryState{belfry.Sent, belfry.Queued, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled} {
			note(user, state, k.post(letter{user: user, state: state}).delivery)
		}
	}
	k.tick(time.Millisecond)
	s := plain(belfry.ToUser("cy"), "muted")
	k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Deliveries: []belfry.Delivery{{Channel: belfry.InApp, State: belfry.Skipped, Reason: "muted"}}}
	}})
	muted := k.deliveries(belfry.DeliveryQuery{User: "cy"})
	k.same("number of muted", len(muted), 1)
	note("cy", belfry.Skipped, muted[0])
	k.tell("ada", "has none")

	k.same("all", k.deliveries(belfry.DeliveryQuery{}), all)
	for state, want := range byState {
		k.same(string(state), k.deliveries(belfry.DeliveryQuery{State: state}), want)
	}
	for user, want := range byUser {
		k.same(user, k.deliveries(belfry.DeliveryQuery{User: user}), want)
	}
	k.same("in app", k.deliveries(belfry.DeliveryQuery{Channel: belfry.InApp}), muted)
	k.same("email", k.deliveries(belfry.DeliveryQuery{Channel: belfry.Email}), all[1:])
	k.same("ada's failed", k.deliveries(belfry.DeliveryQuery{User: "ada", State: belfry.Failed, Channel: belfry.Email}),
		slices.DeleteFunc(slices.Clone(byState[belfry.Failed]), func(id belfry.ID) bool { return slices.Contains(byUser["bob"], id) }))
	k.same("of nobody", k.deliveries(belfry.DeliveryQuery{User: "nobody"}), []belfry.ID{})
	k.same("in no such state", k.deliveries(belfry.DeliveryQuery{State: "' OR 1"}), []belfry.ID{})
	k.same("after one", k.deliveries(belfry.DeliveryQuery{After: all[3]}), all[4:])
}

func retryRules() []rule {
	return []rule{
		{"a mail that has ended is queued anew, due at once, with the same bytes and as long a life", func(k *kit) {
			for _, state := range []belfry.DeliveryState{belfry.Failed, belfry.Ambiguous, belfry.Canceled, belfry.Skipped, belfry.Captured} {
				k.part(string(state), func(k *kit) { retries(k, state) })
			}
		}},
		{"what was queued at no time is queued by a retry, and canceled as its plan says", func(k *kit) {
			p := k.post(letter{state: belfry.Captured, plan: belfry.MailPlan{Unless: belfry.UnlessRead}})
			k.retry(p.delivery)
			k.read("ada", p.notification)
			k.ended(p, belfry.Canceled, "read before it was sent")
		}},
		{"what was read before a retry does not cancel it", func(k *kit) {
			p := k.post(letter{plan: belfry.MailPlan{Unless: belfry.UnlessRead}})
			k.read("ada", p.notification)
			k.retry(p.delivery)
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(true), Archived: new(true)}, IDs: []belfry.ID{p.notification}})
			k.same("mail", k.take().Delivery.ID, p.delivery)
		}},
		{"what was ambiguous once goes by the same account alone, however often it is asked for", func(k *kit) {
			p := k.post(letter{plan: belfry.MailPlan{AtMostOnce: true}})
			m := k.take()
			k.commit(m)
			k.settle(m, belfry.Settlement{State: belfry.Ambiguous})
			for range 2 {
				k.retry(p.delivery)
				m = k.take()
				k.same("committed", m.Committed, false)
				k.same("by which account", m.Only, "main")
				k.settle(m, belfry.Settlement{State: belfry.Failed, Account: "spare"})
			}
		}},
		{"sent, queued and leased mail is not", func(k *kit) {
			p := k.post(letter{})
			k.notRetried(p.delivery)
			m := k.take()
			k.notRetried(p.delivery)
			k.sent(m)
			k.notRetried(p.delivery)
			k.ended(p, belfry.Sent, "")
		}},
		{"nor is mail of a notification that is gone", func(k *kit) {
			retracted, short := k.post(letter{}), k.post(letter{expires: time.Second})
			outside := k.post(letter{outside: true})
			k.retract(retracted.notification)
			k.retract(outside.notification)
			k.tick(time.Second)
			k.expire()
			for _, p := range []posted{retracted, short, outside} {
				k.notRetried(p.delivery)
			}
		}},
		{"nor is what expired and was not removed, what has no address, and what is no mail", func(k *kit) {
			short, unknown := k.post(letter{expires: time.Second, state: belfry.Failed}), k.post(letter{to: " ", state: belfry.Skipped})
			s := plain(belfry.ToUser("ada"), "muted")
			id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision {
				return belfry.Decision{Deliveries: []belfry.Delivery{{Channel: belfry.InApp, State: belfry.Skipped}}}
			}}).ID
			k.tick(time.Second)
			for _, id := range []belfry.ID{short.delivery, unknown.delivery, k.receipt(id).Deliveries[0].ID} {
				k.notRetried(id)
			}
			k.rests()
		}},
	}
}

func retries(k *kit, state belfry.DeliveryState) {
	p := k.post(letter{plan: belfry.MailPlan{GiveUpAt: k.now.Add(time.Hour), Class: belfry.Bulk}})
	life := time.Hour - time.Millisecond // it was sent a millisecond later
	m := k.take()
	k.prepare(m, "bytes")
	k.commit(m)
	a := belfry.Attempt{At: k.now, Code: 550, Text: "no"}
	k.settle(m, belfry.Settlement{State: state, Reason: "because", Attempt: &a, Counts: true})
	for range 2 { // as long as the first time, each time
		k.tick(24 * time.Hour)
		want := k.delivery(p.delivery)
		want.State, want.Reason, want.Tries, want.NextAttemptAt = belfry.Queued, reasonAgain, 0, k.now
		k.same("the answer", k.retry(p.delivery), want)
		k.lost(m.Lease)
		before := m.Lease.Token
		m = k.take()
		k.same("delivery", m.Delivery, want)
		k.same("bytes", string(m.Message), "bytes")
		k.same("committed", m.Committed, false)
		k.same("plan", m.Plan, belfry.MailPlan{GiveUpAt: k.now.Add(life), Class: belfry.Bulk})
		if m.Lease.Token <= before {
			k.Fatalf("the token is %d, and an earlier one %d", m.Lease.Token, before)
		}
		k.settle(m, belfry.Settlement{State: state, Counts: true})
	}
}
