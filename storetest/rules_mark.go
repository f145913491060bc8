package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func markRules() []rule {
	state := func(name string, set func(on bool) belfry.StateChange, get func(belfry.Notification) time.Time) rule {
		return rule{name + " is a time stamp that can be set, kept and taken back", func(k *kit) {
			for _, id := range []belfry.ID{k.tell("ada", "own"), k.tellAll("all")} {
				first := k.tick(time.Second)
				k.same("set", len(k.mark(belfry.Mark{User: "ada", Set: set(true), IDs: []belfry.ID{id}}).Changes), 1)
				k.same("stamp", get(k.find("ada", id)), first)
				k.tick(time.Second)
				k.same("set again", len(k.mark(belfry.Mark{User: "ada", Set: set(true), IDs: []belfry.ID{id}}).Changes), 0)
				k.same("the first stamp is kept", get(k.find("ada", id)), first)
				k.same("taken back", len(k.mark(belfry.Mark{User: "ada", Set: set(false), IDs: []belfry.ID{id}}).Changes), 1)
				k.same("no stamp", get(k.find("ada", id)), time.Time{})
				k.same("taken back again", len(k.mark(belfry.Mark{User: "ada", Set: set(false), IDs: []belfry.ID{id}}).Changes), 0)
			}
			k.same("entries", k.head("ada").Seq, int64(5))
		}}
	}
	return []rule{
		state("seen", func(on bool) belfry.StateChange { return belfry.StateChange{Seen: &on} }, func(n belfry.Notification) time.Time { return n.SeenAt }),
		state("read", func(on bool) belfry.StateChange { return belfry.StateChange{Read: &on} }, func(n belfry.Notification) time.Time { return n.ReadAt }),
		state("archived", func(on bool) belfry.StateChange { return belfry.StateChange{Archived: &on} }, func(n belfry.Notification) time.Time { return n.ArchivedAt }),
		{"the three are independent", func(k *kit) {
			id := k.tell("ada", "one")
			at := k.now
			k.read("ada", id)
			k.same("read alone", k.find("ada", id), belfry.Notification{ID: id, Category: "order.assigned", Title: "one", CreatedAt: at, ReadAt: at})
			k.counts("ada", 0, 1)
			k.archive("ada", id)
			k.same("read stays", k.find("ada", id).ReadAt, at)
			k.counts("ada", 0, 0)
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Archived: new(false)}, IDs: []belfry.ID{id}})
			k.same("read stays", k.find("ada", id).ReadAt, at)
			k.counts("ada", 0, 1)
		}},
		{"two at once are one entry", func(k *kit) {
			id := k.tell("ada", "one")
			out := k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(true), Seen: new(true)}, IDs: []belfry.ID{id}})
			k.same("changes", out.Changes, []belfry.Change{{Kind: belfry.Updated, Seq: 2, Notification: k.find("ada", id)}})
			k.same("cursor", out.Cursor, k.head("ada"))
			k.same("counts", out.Tally, k.tally("ada"))
			k.counts("ada", 0, 0)
		}},
		{"several: one entry for each that changed, in the order of the names", func(k *kit) {
			a, b, all := k.tell("ada", "a"), k.tell("ada", "b"), k.tellAll("all")
			k.read("ada", a)
			out := k.read("ada", b, a, all, b)
			k.same("changes", out.Changes, []belfry.Change{
				{Kind: belfry.Updated, Seq: 4, Notification: k.find("ada", b)},
				{Kind: belfry.Updated, Seq: 5, Notification: k.find("ada", all)},
			})
		}},
		{"what is not in the inbox is passed over", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			short, gone, bobs, own := k.send(s).ID, k.tell("ada", "gone"), k.tell("bob", "bob's"), k.tell("ada", "own")
			k.retract(gone)
			k.tick(time.Second)
			out := k.read("ada", short, gone, bobs, belfry.NewID(k.now, 1, 2), belfry.ID{}, own)
			k.same("number of changes", len(out.Changes), 1)
			k.same("changed", out.Changes[0].Notification.ID, own)
			k.same("bob's state", k.find("bob", bobs).ReadAt, time.Time{})
		}},
		{"nothing to change takes no number and makes nobody known", func(k *kit) {
			k.tellAll("all")
			out := k.mark(belfry.Mark{User: "nobody", Set: belfry.StateChange{Read: new(false)}, All: true})
			k.same("changes", len(out.Changes), 0)
			k.same("cursor", out.Cursor, belfry.Cursor{Epoch: k.store.Epoch(), Broadcast: 1})
			k.same("counts", out.Tally.Counts, belfry.Counts{Unread: 1, Unseen: 1})
			_, err := k.store.User(k.Context(), "nobody")
			k.fails("user", err, belfry.ErrNotFound)
		}},
		{"on a broadcast it is each person's own", func(k *kit) {
			id := k.tellAll("all")
			k.read("ada", id)
			k.counts("ada", 0, 1)
			k.counts("bob", 1, 1)
			k.same("bob's state", k.find("bob", id).ReadAt, time.Time{})
			k.same("ada's head", k.head("ada"), belfry.Cursor{Epoch: k.store.Epoch(), Seq: 1, Broadcast: 1})
			k.same("bob's head", k.head("bob"), belfry.Cursor{Epoch: k.store.Epoch(), Broadcast: 1})
			u, err := k.store.User(k.Context(), "ada")
			k.ok("whoever changed a state is known", err)
			k.same("user", u, belfry.User{ID: "ada"})
		}},
	}
}

func markAllRules() []rule {
	readAll := func(m belfry.Mark) belfry.Mark {
		m.User, m.All, m.Set = "ada", true, belfry.StateChange{Read: new(true)}
		return m
	}
	return []rule{
		{"everything in the inbox, broadcasts and archived ones too, and nobody else's", func(k *kit) {
			own, archived, all, bobs := k.tell("ada", "own"), k.tell("ada", "archived"), k.tellAll("all"), k.tell("bob", "bob's")
			k.archive("ada", archived)
			out := k.mark(readAll(belfry.Mark{}))
			k.same("number of changes", len(out.Changes), 3)
			k.same("more", out.More, false)
			for i, c := range out.Changes {
				k.same("seq", c.Seq, int64(4+i))
				k.same("change", c, belfry.Change{Kind: belfry.Updated, Seq: c.Seq, Notification: k.find("ada", c.Notification.ID)})
			}
			for _, id := range []belfry.ID{own, archived, all} {
				k.same("stamp", k.find("ada", id).ReadAt, k.now)
			}
			k.counts("ada", 0, 2)
			k.same("bob's state", k.find("bob", bobs).ReadAt, time.Time{})
			k.counts("bob", 2, 2)
			k.same("again", len(k.mark(readAll(belfry.Mark{})).Changes), 0)
		}},
		{"of a category: it and those below", func(k *kit) {
			for _, category := range []string{"order", "order.assigned", "orders", "chat"} {
				k.send(belfry.Send{To: belfry.ToUser("ada"), Category: category, Title: category})
				k.send(belfry.Send{To: belfry.ToAll(), Category: category, Title: category})
			}
			k.same("number of changes", len(k.mark(readAll(belfry.Mark{Category: "order"})).Changes), 4)
			k.shows("ada", belfry.FilterUnread, "chat", "chat", "orders", "orders")
		}},
		{"up to a place: that included, what came later left", func(k *kit) {
			k.tell("ada", "old")
			k.tellAll("old all")
			at := k.head("ada")
			k.tell("ada", "new")
			k.tellAll("new all")
			out := k.mark(readAll(belfry.Mark{UpTo: &belfry.Position{Seq: at.Seq, Broadcast: at.Broadcast}}))
			k.same("number of changes", len(out.Changes), 2)
			k.shows("ada", belfry.FilterUnread, "new all", "new")
		}},
		{"in steps of a limit, all are done", func(k *kit) {
			for range 7 {
				k.tell("ada", "own")
				k.tellAll("all")
			}
			changed := 0
			for range 14 {
				out := k.mark(readAll(belfry.Mark{Limit: 4}))
				if len(out.Changes) > 4 {
					k.Fatalf("a step of 4 changed %d", len(out.Changes))
				}
				if changed += len(out.Changes); !out.More {
					break
				}
			}
			k.same("number of changes", changed, 14)
			k.counts("ada", 0, 14)
		}},
		{"what expired is left alone", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			k.send(s)
			s.To = belfry.ToAll()
			k.send(s)
			k.tick(time.Second)
			k.same("number of changes", len(k.mark(readAll(belfry.Mark{})).Changes), 0)
		}},
	}
}
