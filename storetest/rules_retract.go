package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func retractRules() []rule {
	return []rule{
		{"gone from list, counts and receipt, with one Deleted entry", func(k *kit) {
			id, start := k.tell("ada", "one"), k.head("ada")
			k.tell("ada", "two")
			rings := k.retract(id)
			deleted := belfry.Change{Kind: belfry.Deleted, Seq: 3, Notification: belfry.Notification{ID: id}}
			k.same("rings", rings, []belfry.Ring{{User: "ada", Change: deleted, Own: belfry.Counts{Unread: 1, Unseen: 1}}})
			k.notThere("ada", id)
			k.noReceipt(id)
			k.shows("ada", belfry.FilterAll, "two")
			k.counts("ada", 1, 1)
			items := k.changes("ada", start).Items
			k.same("the last item", items[len(items)-1], deleted)
		}},
		{"of a send to several: from everyone, by the id of the whole", func(k *kit) {
			out := k.send(plain(belfry.ToUsers("ada", "bob", "cy"), "team"))
			rings := k.retract(out.ID)
			k.same("number of rings", len(rings), 3)
			for _, user := range []string{"ada", "bob", "cy"} {
				k.shows(user, belfry.FilterAll)
				k.counts(user, 0, 0)
			}
			k.noReceipt(out.ID)
			k.noReceipt(out.Users[0].ID)
		}},
		{"of one copy of a send to several: from that person alone", func(k *kit) {
			out := k.send(plain(belfry.ToUsers("ada", "bob"), "team"))
			k.retract(out.Users[0].ID)
			k.shows("ada", belfry.FilterAll)
			k.shows("bob", belfry.FilterAll, "team")
			k.same("receipt's title", k.receipt(out.ID).Notification.Title, "team")
			k.same("rings for the rest", len(k.retract(out.ID)), 1)
			k.noReceipt(out.ID)
		}},
		{"twice, never sent, and expired are not found", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			short, id := k.send(s).ID, k.tell("ada", "one")
			k.retract(id)
			k.tick(time.Second)
			for _, id := range []belfry.ID{id, short, {}, belfry.NewID(k.now, 1, 1)} {
				_, err := k.store.Retract(k.Context(), id, k.now)
				k.fails("retract", err, belfry.ErrNotFound)
			}
			k.same("seq", k.head("ada").Seq, int64(3))
		}},
		{"of a copy that is muted: without a ring", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "muted")
			id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision { return belfry.Decision{} }}).ID
			k.same("rings", len(k.retract(id)), 0)
			k.noReceipt(id)
		}},
		{"of what was read and archived: counts stay right", func(k *kit) {
			read, archived := k.tell("ada", "read"), k.tell("ada", "archived")
			k.read("ada", read)
			k.archive("ada", archived)
			k.counts("ada", 0, 1)
			k.retract(archived)
			k.counts("ada", 0, 1)
			k.retract(read)
			k.counts("ada", 0, 0)
		}},
		{"a receipt tells whose it is, and in what state", func(k *kit) {
			id := k.tell("ada", "one")
			k.read("ada", id)
			r := k.receipt(id)
			k.same("user", r.User, "ada")
			k.same("all", r.All, false)
			k.same("notification", r.Notification, k.find("ada", id))
			all := k.tellAll("all")
			k.read("ada", all)
			r = k.receipt(all)
			k.same("user of a broadcast", r.User, "")
			k.same("a broadcast", r.All, true)
			k.same("state of a broadcast", r.Notification.ReadAt, time.Time{})
			out := k.send(plain(belfry.ToUsers("ada", "bob"), "team"))
			k.read("ada", out.Users[0].ID)
			k.read("bob", out.Users[1].ID)
			r = k.receipt(out.ID)
			want := belfry.Notification{ID: out.ID, Category: "order.assigned", Title: "team", CreatedAt: k.now}
			k.same("receipt of several", r, belfry.Receipt{ID: out.ID, Notification: want})
		}},
	}
}
