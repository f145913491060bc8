package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

// undo is something that makes a mail unnecessary.
type undo struct {
	name, reason string
	letter       letter
	do           func(*kit, posted)
}

func undoes() []undo {
	unless := func(u belfry.Unless) letter { return letter{plan: belfry.MailPlan{Unless: u}} }
	seen := belfry.StateChange{Seen: new(true)}
	out := []undo{
		{"read", "read before it was sent", unless(belfry.UnlessRead), func(k *kit, p posted) { k.read("ada", p.notification) }},
		{"seen", "seen before it was sent", unless(belfry.UnlessSeen), func(k *kit, p posted) {
			k.mark(belfry.Mark{User: "ada", Set: seen, IDs: []belfry.ID{p.notification}})
		}},
		{"all read", "read before it was sent", unless(belfry.UnlessRead), func(k *kit, _ posted) {
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(true)}, All: true})
		}},
		{"retracted", "retracted", letter{}, func(k *kit, p posted) { k.retract(p.notification) }},
		{"expired", "expired", letter{expires: time.Second}, func(k *kit, _ posted) {
			k.tick(time.Second)
			k.expire()
		}},
		{"replaced", "replaced", letter{dedupe: "k"}, func(k *kit, _ posted) {
			k.tick(time.Millisecond)
			k.send(keyed("ada", "the new one", "k"))
		}},
		{"switched off", "switched off by the person before it was sent", letter{}, func(k *kit, _ posted) {
			k.prefer("ada", belfry.Preferences{belfry.AnyCategory: {belfry.Email: false}})
		}},
	}
	for _, u := range out[3:5] { // what is in no inbox is neither read nor replaced
		u.name, u.letter.outside = u.name+", and in no inbox", true
		out = append(out, u)
	}
	return out
}

func cancelRules() []rule {
	return append(undoRules(), []rule{
		{"nothing but what the plan names cancels, and only when it comes about", func(k *kit) {
			states := belfry.StateChange{Seen: new(true), Archived: new(true)}
			unread := k.post(letter{plan: belfry.MailPlan{Unless: belfry.UnlessRead}})
			k.mark(belfry.Mark{User: "ada", Set: states, IDs: []belfry.ID{unread.notification}})
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(false)}, IDs: []belfry.ID{unread.notification}})
			unseen := k.post(letter{plan: belfry.MailPlan{Unless: belfry.UnlessSeen}})
			k.read("ada", unseen.notification)
			always := k.post(letter{})
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Seen: new(true), Read: new(true)}, IDs: []belfry.ID{always.notification}})
			k.read("bob", unread.notification)
			mails, _ := k.claim(10)
			k.same("mails", ids(mails), []belfry.ID{unread.delivery, unseen.delivery, always.delivery})
		}},
		{"preferences cancel what they do not allow, and nothing else", func(k *kit) {
			critical := letter{plan: belfry.MailPlan{Class: belfry.Urgent}}.accept(k.now)
			critical.Send.Priority = belfry.Critical
			k.accept(critical)
			p, other := k.post(letter{}), k.post(letter{user: "bob"})
			category := k.find("ada", p.notification).Category
			k.prefer("ada", belfry.Preferences{category: {belfry.InApp: false}, "another": {belfry.Email: false}})
			k.same("state", k.delivery(p.delivery).State, belfry.Queued)
			k.prefer("ada", belfry.Preferences{category: {belfry.Email: false}})
			k.same("state", k.delivery(p.delivery).State, belfry.Canceled)
			k.prefer("ada", belfry.Preferences{})
			k.same("critical", k.take().Notification.Priority, belfry.Critical)
			k.same("of somebody else", k.take().Delivery.ID, other.delivery)
			k.rests()
		}},
		{"of several mails of one notification, those whose plan says so", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "twice")
			mail := func(to string, unless belfry.Unless) belfry.Delivery {
				return belfry.Delivery{
					Channel: belfry.Email, To: to, State: belfry.Queued, NextAttemptAt: k.now, Plan: &belfry.MailPlan{Unless: unless},
				}
			}
			id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision {
				return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{mail("a@x.org", belfry.UnlessRead), mail("b@x.org", "")}}
			}}).ID
			k.read("ada", id)
			k.same("to", k.take().Delivery.To, "b@x.org")
		}},
		{"what was sent stays sent, whatever comes after", func(k *kit) {
			for _, u := range undoes() {
				p := k.post(u.letter)
				m := k.take()
				k.commit(m)
				k.sent(m)
				u.do(k, p)
				k.ended(p, belfry.Sent, "")
			}
		}},
		{"the mail of what replaces is another, and is sent", func(k *kit) {
			old, fresh := k.post(letter{dedupe: "k"}), k.post(letter{dedupe: "k"})
			k.same("notification", fresh.notification, old.notification)
			m := k.take()
			k.same("claimed", m.Delivery.ID, fresh.delivery)
			k.sent(m)
			k.ended(old, belfry.Canceled, "replaced")
		}},
		{"an erased person has no mail", func(k *kit) {
			p, leased := k.post(letter{after: time.Hour}), k.post(letter{plan: belfry.MailPlan{Content: &belfry.EmailContent{Text: "t"}}})
			m := k.take()
			k.prepare(m, "bytes")
			k.commit(m)
			k.erase("ada")
			k.tick(2 * time.Hour)
			k.rests()
			k.lost(m.Lease)
			for _, id := range []belfry.ID{p.delivery, leased.delivery} {
				_, _, err := k.store.Delivery(k.Context(), id)
				k.fails("delivery", err, belfry.ErrNotFound)
			}
			k.same("deliveries", k.deliveries(belfry.DeliveryQuery{}), []belfry.ID{})
		}},
	}...)
}

// undoRules say what becomes of a mail at each point of its way at which it is undone.
func undoRules() []rule {
	each := func(check func(*kit, undo)) func(*kit) {
		return func(k *kit) {
			for _, u := range undoes() {
				k.part(u.name, func(k *kit) { check(k, u) })
			}
		}
	}
	return []rule{
		{"a queued mail is canceled", each(func(k *kit, u undo) {
			p := k.post(u.letter)
			u.do(k, p)
			k.ended(p, belfry.Canceled, u.reason)
		})},
		{"a leased mail is canceled, and its lease is lost", each(func(k *kit, u undo) {
			p := k.post(u.letter)
			m := k.take()
			u.do(k, p)
			k.lost(m.Lease)
			k.ended(p, belfry.Canceled, u.reason)
		})},
		{"a committed mail that was sent is sent", each(func(k *kit, u undo) {
			p, m := k.underWay(u)
			u.do(k, p)
			k.same("state meanwhile", k.delivery(p.delivery).State, belfry.Queued)
			k.sent(m)
			k.ended(p, belfry.Sent, "")
		})},
		{"a committed mail that was not accepted is canceled", each(func(k *kit, u undo) {
			p, m := k.underWay(u)
			u.do(k, p)
			s := k.later(0)
			s.Uncommitted, s.Attempt = true, &belfry.Attempt{At: k.now, Code: 451}
			k.settle(m, s)
			k.same("attempts", len(k.delivery(p.delivery).Attempts), 1)
			k.ended(p, belfry.Canceled, u.reason)
		})},
		{"a committed mail whose answer was lost is ambiguous", each(func(k *kit, u undo) {
			p, m := k.underWay(u)
			u.do(k, p)
			k.settle(m, k.later(0))
			k.ended(p, belfry.Ambiguous, u.again())
		})},
		{"a committed mail whose worker died is ambiguous", each(func(k *kit, u undo) {
			p, m := k.underWay(u)
			u.do(k, p)
			k.tick(leaseOfTests)
			k.rests()
			k.lost(m.Lease)
			k.ended(p, belfry.Ambiguous, u.again())
		})},
		{"a mail that waits for another try after a lost answer is ambiguous", each(func(k *kit, u undo) {
			p, m := k.underWay(u)
			k.settle(m, k.later(time.Hour))
			u.do(k, p)
			k.ended(p, belfry.Ambiguous, u.again())
		})},
	}
}

// underWay posts the letter and brings it to where the server may have accepted it.
func (k *kit) underWay(u undo) (posted, belfry.Mail) {
	k.Helper()
	p := k.post(u.letter)
	m := k.take()
	k.prepare(m, "bytes")
	k.commit(m)
	return p, m
}

func (u undo) again() string {
	return "the server's answer was lost, and it is not sent again: " + u.reason
}
