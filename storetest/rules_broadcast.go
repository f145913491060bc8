package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func broadcastRules() []rule {
	return []rule{
		{"everyone has it, heard of or not, at one number and with one ring", func(k *kit) {
			k.tell("ada", "own")
			k.tick(time.Second)
			out := k.send(plain(belfry.ToAll(), "all"))
			n := belfry.Notification{ID: out.ID, Category: "order.assigned", Title: "all", CreatedAt: k.now}
			k.same("answer", out, belfry.Accepted{ID: out.ID, Rings: []belfry.Ring{{
				Change: belfry.Change{Kind: belfry.Created, Broadcast: 1, Notification: n}, Shared: belfry.Counts{Unread: 1, Unseen: 1},
			}}})
			for _, user := range []string{"ada", "nobody"} {
				k.same("found", k.find(user, out.ID), n)
			}
			k.shows("ada", belfry.FilterInbox, "all", "own")
			k.counts("ada", 2, 2)
			k.counts("nobody", 1, 1)
			k.same("ada's head", k.head("ada"), belfry.Cursor{Epoch: k.store.Epoch(), Seq: 1, Broadcast: 1})
		}},
		{"retracted: gone for everyone with the next number, and nobody's counts are off", func(k *kit) {
			first, start := k.tellAll("first"), k.head("ada")
			k.tellAll("second")
			k.read("ada", first)
			k.archive("bob", first)
			k.counts("ada", 1, 2)
			k.counts("bob", 1, 1)
			rings := k.retract(first)
			deleted := belfry.Change{Kind: belfry.Deleted, Broadcast: 3, Notification: belfry.Notification{ID: first}}
			k.same("rings", rings, []belfry.Ring{{Change: deleted, Shared: belfry.Counts{Unread: 1, Unseen: 1}}})
			for _, user := range []string{"ada", "bob", "nobody"} {
				k.shows(user, belfry.FilterAll, "second")
				k.counts(user, 1, 1)
				k.notThere(user, first)
			}
			items := k.changes("ada", start).Items
			k.same("the last item", items[len(items)-1], deleted)
			k.noReceipt(first)
		}},
		{"expired: the same", func(k *kit) {
			s := plain(belfry.ToAll(), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			id := k.send(s).ID
			k.read("ada", id)
			k.tellAll("long")
			k.tick(time.Second)
			k.counts("ada", 1, 1)
			k.counts("bob", 1, 1)
			rings, next := k.expire()
			k.same("next", next, time.Time{})
			deleted := belfry.Change{Kind: belfry.Deleted, Broadcast: 3, Notification: belfry.Notification{ID: id}}
			k.same("rings", rings, []belfry.Ring{{Change: deleted, Shared: belfry.Counts{Unread: 1, Unseen: 1}}})
			k.counts("ada", 1, 1)
			k.counts("bob", 1, 1)
		}},
	}
}

// critically broadcasts what nobody can mute.
func (k *kit) critically(title string) belfry.ID {
	k.Helper()
	s := plain(belfry.ToAll(), title)
	s.Priority = belfry.Critical
	k.tick(time.Millisecond)
	return k.send(s).ID
}

func mutingRules() []rule {
	return []rule{
		{"a muted broadcast is not there: no row, count, entry, mark or number", func(k *kit) {
			k.prefer("ada", muted("order"))
			start := k.head("ada")
			id := k.tellAll("muted")
			k.shows("ada", belfry.FilterAll)
			k.counts("ada", 0, 0)
			k.notThere("ada", id)
			k.same("items", len(k.changes("ada", start).Items), 0)
			k.same("marked", len(k.read("ada", id).Changes), 0)
			k.same("all marked", len(k.mark(belfry.Mark{User: "ada", All: true, Set: belfry.StateChange{Seen: new(true)}}).Changes), 0)
			k.shows("bob", belfry.FilterAll, "muted")
			k.same("head", k.head("ada"), belfry.Cursor{Epoch: start.Epoch, Seq: start.Seq, Broadcast: 1})
			k.retract(id)
			k.counts("ada", 0, 0)
		}},
		{"other categories and critical ones come through", func(k *kit) {
			k.prefer("ada", muted("order"))
			k.tellAll("muted")
			k.critically("critical")
			k.tick(time.Millisecond)
			k.send(belfry.Send{To: belfry.ToAll(), Category: "orders", Title: "another"})
			k.shows("ada", belfry.FilterAll, "another", "critical")
			k.counts("ada", 2, 2)
		}},
		{"the longest prefix that says something decides", func(k *kit) {
			k.prefer("ada", belfry.Preferences{
				belfry.AnyCategory: {belfry.InApp: false}, "order": {belfry.InApp: true}, "order.assigned": {belfry.Email: false}, "order.late": {belfry.InApp: false},
			})
			for _, category := range []string{"chat", "order", "order.assigned", "order.late", "order.late.very"} {
				k.tick(time.Millisecond)
				k.send(belfry.Send{To: belfry.ToAll(), Category: category, Title: category})
			}
			k.shows("ada", belfry.FilterAll, "order.assigned", "order")
			k.counts("ada", 2, 2)
		}},
		{"muting email mutes no bell", func(k *kit) {
			k.prefer("ada", belfry.Preferences{belfry.AnyCategory: {belfry.Email: false}})
			k.tellAll("all")
			k.shows("ada", belfry.FilterAll, "all")
			k.same("plain", k.tally("ada").Plain, true)
		}},
		{"takes away nothing that stood there, broadcast or own", func(k *kit) {
			k.tell("ada", "own")
			id := k.tellAll("all")
			k.prefer("ada", muted(belfry.AnyCategory))
			k.shows("ada", belfry.FilterAll, "all", "own")
			k.counts("ada", 2, 2)
			k.read("ada", id)
			k.counts("ada", 1, 2)
		}},
		{"taken back, brings back nothing that was muted", func(k *kit) {
			start := k.head("ada")
			k.tellAll("before")
			k.prefer("ada", muted("order"))
			hidden := k.tellAll("while muted")
			k.prefer("ada", nil)
			k.tellAll("after")
			k.shows("ada", belfry.FilterAll, "after", "before")
			k.counts("ada", 2, 2)
			k.notThere("ada", hidden)
			k.same("number of items", len(k.changes("ada", start).Items), 2)
			k.retract(hidden)
			k.counts("ada", 2, 2)
			k.shows("bob", belfry.FilterAll, "after", "before")
		}},
		{"changed many times, each broadcast keeps what held when it was sent", func(k *kit) {
			var want []string
			for i, p := range []belfry.Preferences{muted("order"), muted("chat"), nil, muted(belfry.AnyCategory), muted("order.assigned"), nil} {
				k.prefer("ada", p)
				for _, category := range []string{"order.assigned", "chat"} {
					k.tick(time.Millisecond)
					title := category + string(rune('0'+i))
					k.send(belfry.Send{To: belfry.ToAll(), Category: category, Title: title})
					if p.Allow(category, belfry.InApp, belfry.Normal) {
						want = append([]string{title}, want...)
					}
				}
			}
			k.shows("ada", belfry.FilterAll, want...)
			k.counts("ada", int64(len(want)), int64(len(want)))
			k.same("marked", len(k.mark(belfry.Mark{User: "ada", All: true, Set: belfry.StateChange{Read: new(true)}}).Changes), len(want))
			k.counts("ada", 0, int64(len(want)))
		}},
		{"what a muted person is sent by name is the sender's to decide", func(k *kit) {
			k.prefer("ada", muted(belfry.AnyCategory))
			k.tell("ada", "decided")
			k.shows("ada", belfry.FilterAll, "decided")
			k.counts("ada", 1, 1)
		}},
		{"expiry of a muted broadcast changes nothing for who muted it", func(k *kit) {
			k.prefer("ada", muted("order"))
			s := plain(belfry.ToAll(), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			k.send(s)
			k.critically("critical")
			k.tick(time.Second)
			k.counts("ada", 1, 1)
			k.expire()
			k.counts("ada", 1, 1)
			k.shows("ada", belfry.FilterAll, "critical")
		}},
	}
}
