package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func keyed(user, title, key string) belfry.Send {
	s := plain(belfry.ToUser(user), title)
	s.DedupeKey = key
	return s
}

func dedupeRules() []rule {
	return []rule{
		{"the same key replaces: same id, new content, fresh, and on top again", replaces},
		{"whoever stood before it gets one Created entry with the new content", func(k *kit) {
			start := k.head("ada")
			id := k.send(keyed("ada", "first", "k")).ID
			between := k.head("ada")
			k.send(keyed("ada", "second", "k"))
			for _, cursor := range []belfry.Cursor{{Epoch: start.Epoch}, between} {
				items := k.changes("ada", cursor).Items
				k.same("number of items", len(items), 1)
				k.same("kind", items[0].Kind, belfry.Created)
				k.same("seq", items[0].Seq, int64(2))
				k.same("id", items[0].Notification.ID, id)
				k.same("title", items[0].Notification.Title, "second")
			}
		}},
		{"whoever holds the first is told when the second is gone", func(k *kit) {
			id := k.send(keyed("ada", "first", "k")).ID
			held := k.head("ada")
			k.send(keyed("ada", "second", "k"))
			k.retract(id)
			want := []belfry.Change{{Kind: belfry.Deleted, Seq: 3, Notification: belfry.Notification{ID: id}}}
			k.same("items", k.changes("ada", held).Items, want)
		}},
		{"keys are each person's own, and an empty key is none", func(k *kit) {
			k.send(keyed("ada", "ada's", "k"))
			k.send(keyed("bob", "bob's", "k"))
			k.send(keyed("ada", "other key", "K"))
			k.send(keyed("ada", "no key", ""))
			k.send(keyed("ada", "no key either", ""))
			k.shows("ada", belfry.FilterInbox, "no key either", "no key", "other key", "ada's")
			k.shows("bob", belfry.FilterInbox, "bob's")
		}},
		{"an archived one is replaced, and is back in the inbox", func(k *kit) {
			id := k.send(keyed("ada", "old", "k")).ID
			k.archive("ada", id)
			k.counts("ada", 0, 0)
			k.same("id", k.send(keyed("ada", "new", "k")).ID, id)
			k.shows("ada", belfry.FilterInbox, "new")
			k.shows("ada", belfry.FilterArchived)
			k.counts("ada", 1, 1)
		}},
		{"after a retracted one comes a new one", func(k *kit) {
			id := k.send(keyed("ada", "old", "k")).ID
			k.retract(id)
			if got := k.send(keyed("ada", "new", "k")).ID; got == id {
				k.Fatal("the retracted notification's id came back")
			}
			k.shows("ada", belfry.FilterAll, "new")
			k.noReceipt(id)
		}},
		{"after an expired one comes a new one, removed yet or not", func(k *kit) {
			s := keyed("ada", "old", "k")
			s.ExpiresAt = k.now.Add(time.Second)
			id := k.send(s).ID
			k.tick(time.Second)
			if got := k.send(keyed("ada", "new", "k")).ID; got == id {
				k.Fatal("the expired notification's id came back")
			}
			k.shows("ada", belfry.FilterAll, "new")
			rings, _ := k.expire()
			k.same("number of rings", len(rings), 1)
			k.same("expired", rings[0].Change.Notification.ID, id)
			k.shows("ada", belfry.FilterAll, "new")
			k.counts("ada", 1, 1)
		}},
		{"the new one's expiry holds, not the old one's", func(k *kit) {
			s := keyed("ada", "old", "k")
			s.ExpiresAt = k.now.Add(time.Second)
			k.send(s)
			k.send(keyed("ada", "new", "k"))
			k.tick(time.Hour)
			rings, next := k.expire()
			k.same("rings", len(rings), 0)
			k.same("next", next, time.Time{})
			k.shows("ada", belfry.FilterAll, "new")
		}},
		{"a copy that is muted replaces nothing, and is not replaced", func(k *kit) {
			first := k.send(keyed("ada", "shown", "k")).ID
			s := keyed("ada", "muted", "k")
			hidden := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision { return belfry.Decision{} }}).ID
			k.shows("ada", belfry.FilterAll, "shown")
			k.same("the third's id", k.send(keyed("ada", "again", "k")).ID, first)
			k.same("the muted one's title", k.receipt(hidden).Notification.Title, "muted")
		}},
		{"in a send to several, each person's own is replaced", func(k *kit) {
			id := k.send(keyed("bob", "old", "k")).ID
			s := keyed("", "new", "k")
			s.To = belfry.ToUsers("ada", "bob")
			out := k.send(s)
			k.same("bob's id", out.Users[1].ID, id)
			k.same("bob's seq", out.Rings[1].Change.Seq, int64(2))
			k.shows("ada", belfry.FilterAll, "new")
			k.shows("bob", belfry.FilterAll, "new")
		}},
		{"twice in one call: the second replaces the first", func(k *kit) {
			a, b := keyed("ada", "a", "k"), keyed("ada", "b", "k")
			out := k.accept(belfry.Accept{Send: &a}, belfry.Accept{Send: &b})
			k.same("seq", out.Rings[0].Change.Seq, int64(2))
			k.shows("ada", belfry.FilterAll, "b")
			k.counts("ada", 1, 1)
		}},
		{"what was replaced leaves the send that it came with", func(k *kit) {
			s := keyed("", "team", "k")
			s.To = belfry.ToUsers("ada", "bob")
			team := k.send(s)
			k.send(keyed("ada", "ada's own", "k"))
			k.same("rings of the retraction", len(k.retract(team.ID)), 1)
			k.shows("ada", belfry.FilterAll, "ada's own")
			k.shows("bob", belfry.FilterAll)
		}},
	}
}

func replaces(k *kit) {
	s := keyed("ada", "first", "order-1138")
	s.Body, s.URL, s.Actor, s.Priority = "body", "/first", &belfry.Actor{Name: "Bob"}, belfry.High
	old := k.send(s)
	k.tell("ada", "another")
	k.read("ada", old.ID)
	k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Seen: new(true)}, IDs: []belfry.ID{old.ID}})
	k.counts("ada", 1, 1)
	k.tick(time.Minute)
	got := k.send(keyed("ada", "second", "order-1138"))
	k.same("id", got.ID, old.ID)
	n := belfry.Notification{ID: old.ID, Category: "order.assigned", Title: "second", CreatedAt: k.now}
	k.same("rings", got.Rings, []belfry.Ring{{
		User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 5, Notification: n}, Own: belfry.Counts{Unread: 2, Unseen: 2},
	}})
	k.same("found", k.find("ada", old.ID), n)
	k.shows("ada", belfry.FilterAll, "second", "another")
	k.counts("ada", 2, 2)
}
