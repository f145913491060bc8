package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func countsRules() []rule {
	return []rule{
		{"own and shared are the counts, for whoever mutes nothing", func(k *kit) {
			check := func(user string) {
				k.Helper()
				t := k.tally(user)
				k.same("plain, for "+user, t.Plain, true)
				k.same("own and shared, for "+user, t.Own.Plus(t.Shared), t.Counts)
			}
			k.tell("ada", "own")
			first := k.tellAll("first")
			check("ada")
			k.read("ada", first)
			k.same("own part of who read a broadcast", k.tally("ada").Own, belfry.Counts{Unread: 0, Unseen: 1})
			k.read("bob", first)
			k.same("own part of who has nothing else", k.tally("bob").Own, belfry.Counts{Unread: -1, Unseen: 0})
			for _, user := range []string{"ada", "bob", "nobody"} {
				check(user)
			}
		}},
		{"a broadcast adds to the shared part alone", func(k *kit) {
			k.read("ada", k.tell("ada", "own"), k.tellAll("first"))
			before := k.tally("ada")
			k.tick(time.Second)
			out := k.send(plain(belfry.ToAll(), "second"))
			after := k.tally("ada")
			k.same("own part", after.Own, before.Own)
			k.same("shared part", after.Shared, belfry.Counts{Unread: 2, Unseen: 2})
			k.same("shared part in the ring", out.Rings[0].Shared, after.Shared)
			k.counts("ada", 1, 3)
		}},
		{"whoever follows the rings has the counts", func(k *kit) {
			k.tellAll("all")
			tally := k.tally("ada")
			hear := func(r belfry.Ring) {
				k.Helper()
				if r.User == "" {
					tally.Shared = r.Shared
				} else {
					tally.Own = r.Own
				}
				k.same("the counts by the rings", tally.Own.Plus(tally.Shared), k.tally("ada").Counts)
			}
			id := k.send(plain(belfry.ToUser("ada"), "own")).ID
			tally = k.tally("ada")
			for range 3 {
				hear(k.send(plain(belfry.ToUsers("bob", "ada"), "own")).Rings[1])
				hear(k.send(plain(belfry.ToAll(), "all")).Rings[0])
			}
			k.read("ada", id)
			tally.Own = k.tally("ada").Own
			for _, ring := range k.retract(id) {
				hear(ring)
			}
		}},
		{"whoever mutes a category is not plain, and has exact counts", func(k *kit) {
			k.prefer("ada", muted("chat"))
			k.tellAll("all")
			k.same("plain", k.tally("ada").Plain, false)
			k.counts("ada", 1, 1)
		}},
		{"archived is not counted, whatever else it is", func(k *kit) {
			own, all := k.tell("ada", "own"), k.tellAll("all")
			k.archive("ada", own, all)
			k.counts("ada", 0, 0)
			k.read("ada", own, all)
			k.counts("ada", 0, 0)
			k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Archived: new(false)}, IDs: []belfry.ID{own, all}})
			k.counts("ada", 0, 2)
		}},
		{"exact from the moment of expiry on, before anybody removed it", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			k.send(s)
			read := k.send(s).ID
			s.To = belfry.ToAll()
			k.send(s)
			readAll := k.send(s).ID
			k.tell("ada", "long")
			k.read("ada", read, readAll)
			k.counts("ada", 3, 5)
			k.now = s.ExpiresAt.Add(-time.Millisecond)
			k.counts("ada", 3, 5)
			k.tick(time.Millisecond)
			k.counts("ada", 1, 1)
			k.counts("bob", 0, 0)
			k.expire()
			k.counts("ada", 1, 1)
			k.counts("bob", 0, 0)
			if tally := k.tally("ada"); tally.Plain {
				k.same("own and shared", tally.Own.Plus(tally.Shared), tally.Counts)
			}
		}},
	}
}
