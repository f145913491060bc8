package storetest

import (
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// brief sends what expires after a while.
func (k *kit) brief(to belfry.To, title string, d time.Duration) belfry.ID {
	k.Helper()
	s := plain(to, title)
	s.ExpiresAt = k.now.Add(d)
	return k.send(s).ID
}

func expireRules() []rule {
	return []rule{
		{"from its moment on it is hidden, and Expire makes the Deleted entry", func(k *kit) {
			id := k.brief(belfry.ToUser("ada"), "short", time.Second)
			start := k.head("ada")
			k.tick(time.Second - time.Millisecond)
			k.shows("ada", belfry.FilterAll, "short")
			rings, next := k.expire()
			k.same("rings before the end", len(rings), 0)
			k.same("next", next, k.now.Add(time.Millisecond))
			k.tick(time.Millisecond)
			k.shows("ada", belfry.FilterAll)
			k.notThere("ada", id)
			k.same("the receipt until it is removed", k.receipt(id).ID, id)
			rings, next = k.expire()
			deleted := belfry.Change{Kind: belfry.Deleted, Seq: 2, Notification: belfry.Notification{ID: id}}
			k.same("rings", rings, []belfry.Ring{{User: "ada", Change: deleted}})
			k.same("next", next, time.Time{})
			k.same("items", k.changes("ada", start).Items, []belfry.Change{deleted})
			k.noReceipt(id)
		}},
		{"tells when the next is due, whoever it is for", func(k *kit) {
			k.brief(belfry.ToUser("ada"), "b", 2*time.Second)
			k.brief(belfry.ToAll(), "c", 3*time.Second)
			k.brief(belfry.ToUser("bob"), "a", time.Second)
			for i := range 3 {
				_, next := k.expire()
				k.same("next", next, epochOfTests().Add(time.Duration(i+1)*time.Second))
				k.now = next
				rings, _ := k.expire()
				k.same("number of rings", len(rings), 1)
			}
			_, next := k.expire()
			k.same("next at the end", next, time.Time{})
		}},
		{"in steps of a limit, all are removed once", func(k *kit) {
			for range 5 {
				k.brief(belfry.ToUsers("ada", "bob"), "short", time.Second)
				k.brief(belfry.ToAll(), "short", time.Second)
			}
			k.tick(time.Minute)
			removed := 0
			for range 15 {
				rings, next, err := k.store.Expire(k.Context(), k.now, 4)
				k.ok("expire", err)
				if len(rings) > 4 {
					k.Fatalf("a step of 4 removed %d", len(rings))
				}
				removed += len(rings)
				if next.IsZero() {
					break
				}
				if next.After(k.now) {
					k.Fatalf("the next is due at %v, and nothing expires after %v", next, k.now)
				}
			}
			k.same("removed", removed, 15)
			k.same("ada's head", k.head("ada"), belfry.Cursor{Epoch: k.store.Epoch(), Seq: 10, Broadcast: 10})
		}},
		{"what was retracted, replaced or erased does not expire", func(k *kit) {
			k.retract(k.brief(belfry.ToUser("ada"), "retracted", time.Second))
			k.retract(k.brief(belfry.ToAll(), "retracted", time.Second))
			k.brief(belfry.ToUser("bob"), "erased", time.Second)
			k.erase("bob")
			rings, next := k.expire()
			k.same("next", next, time.Time{})
			k.tick(time.Minute)
			k.same("rings", len(rings), 0)
			rings, _ = k.expire()
			k.same("rings later", len(rings), 0)
		}},
		{"archived and read ones expire too", func(k *kit) {
			a, b := k.brief(belfry.ToUser("ada"), "a", time.Second), k.brief(belfry.ToUser("ada"), "b", time.Second)
			k.archive("ada", a)
			k.read("ada", b)
			k.tick(time.Second)
			rings, _ := k.expire()
			k.same("number of rings", len(rings), 2)
			k.shows("ada", belfry.FilterAll)
			k.counts("ada", 0, 0)
		}},
		{"a copy that is muted goes without a ring", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "muted")
			s.ExpiresAt = k.now.Add(time.Second)
			id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision { return belfry.Decision{} }}).ID
			k.tick(time.Second)
			rings, _ := k.expire()
			k.same("rings", len(rings), 0)
			k.noReceipt(id)
			k.same("head", k.head("ada").Seq, int64(0))
		}},
	}
}

const retention = 90 * 24 * time.Hour

func pruneRules() []rule {
	return []rule{
		{"read or archived and old goes; unread or young stays", func(k *kit) {
			for _, age := range []string{"old", "young"} {
				k.read("ada", k.tell("ada", age+" read"))
				k.archive("ada", k.tell("ada", age+" archived"))
				k.mark(belfry.Mark{User: "ada", Set: belfry.StateChange{Seen: new(true)}, IDs: []belfry.ID{k.tell("ada", age+" seen")}})
				k.tell("ada", age+" fresh")
				if age == "old" {
					k.counts("ada", 2, 2)
					k.tick(retention)
				}
			}
			k.prune(k.now.Add(-retention / 2))
			k.shows("ada", belfry.FilterAll, "young fresh", "young seen", "young archived", "young read", "old fresh", "old seen")
			k.counts("ada", 4, 3)
		}},
		{"the moment itself is not before it", func(k *kit) {
			id := k.tell("ada", "one")
			k.read("ada", id)
			k.prune(k.now)
			k.shows("ada", belfry.FilterAll, "one")
			k.prune(k.now.Add(time.Millisecond))
			k.shows("ada", belfry.FilterAll)
			k.noReceipt(id)
		}},
		{"old broadcasts go, read or not, and nobody's counts are off", func(k *kit) {
			old := []belfry.ID{k.tellAll("old 1"), k.tellAll("old 2"), k.tellAll("old 3")}
			k.read("ada", old[0], old[1])
			k.archive("bob", old[0])
			k.mark(belfry.Mark{User: "bob", Set: belfry.StateChange{Seen: new(true)}, IDs: old[1:2]})
			k.tick(retention)
			k.tellAll("young")
			k.prune(k.now.Add(-time.Hour))
			for _, user := range []string{"ada", "bob", "nobody"} {
				k.shows(user, belfry.FilterAll, "young")
				k.counts(user, 1, 1)
				if tally := k.tally(user); tally.Plain {
					k.same("own part of "+user, tally.Own, belfry.Counts{})
				}
			}
			k.noReceipt(old[0])
		}},
		{"rings for everyone when a broadcast counted, and for whoever had read something unseen; no others", func(k *kit) {
			k.read("ada", k.tell("ada", "read, and never seen"), k.tell("ada", "this too"))
			k.mark(belfry.Mark{User: "bob", Set: belfry.StateChange{Seen: new(true), Read: new(true)}, IDs: []belfry.ID{k.tell("bob", "seen, and read")}})
			k.archive("bob", k.tell("bob", "archived"))
			k.tell("cy", "stays")
			k.same("rings for what is its person's own", k.prune(k.tick(time.Second)), []belfry.Ring{{User: "ada", Mute: true}})
			k.counts("ada", 0, 0)
			k.retract(k.tellAll("taken back"))
			k.same("rings for what is gone", len(k.prune(k.tick(time.Second))), 0)
			k.tellAll("one")
			k.read("ada", k.tellAll("two"))
			k.same("rings for broadcasts", k.prune(k.tick(time.Second)), []belfry.Ring{{Mute: true}})
			k.same("rings for nothing", len(k.prune(k.tick(time.Second))), 0)
			k.counts("dee", 0, 0)
		}},
		{"makes no entry, and leaves the head where it was", func(k *kit) {
			k.read("ada", k.tell("ada", "one"), k.tellAll("all"))
			head := k.head("ada")
			k.tick(time.Second)
			k.prune(k.now)
			k.same("head", k.head("ada"), head)
			k.same("changes at the head", k.changes("ada", head).Reset, belfry.ResetNone)
			k.same("next number", k.send(plain(belfry.ToUser("ada"), "next")).Rings[0].Change.Seq, head.Seq+1)
			k.same("next broadcast", k.send(plain(belfry.ToAll(), "next")).Rings[0].Change.Broadcast, head.Broadcast+1)
		}},
		{"a cursor from before what was removed is reset; one from after it goes on", func(k *kit) {
			cursors := []belfry.Cursor{k.head("ada")}
			one := k.tell("ada", "one")
			cursors = append(cursors, k.head("ada"))
			k.read("ada", one)
			after := k.head("ada")
			k.tell("ada", "two")
			k.tick(time.Second)
			k.prune(k.now)
			for _, cursor := range cursors {
				k.same("reset of "+cursor.String(), k.changes("ada", cursor).Reset, belfry.ResetPruned)
			}
			c := k.changes("ada", after)
			k.same("reset of "+after.String(), c.Reset, belfry.ResetNone)
			k.same("items after it", c.Items, []belfry.Change{{Kind: belfry.Created, Seq: 3, Notification: k.page(belfry.ListQuery{User: "ada"}).Results[0]}})
		}},
		{"the same for the broadcasts' log", func(k *kit) {
			start := k.head("ada")
			k.tellAll("one")
			after := k.head("ada")
			k.tick(time.Second)
			k.tellAll("two")
			k.prune(k.now.Add(-time.Millisecond))
			k.same("reset from before", k.changes("ada", start).Reset, belfry.ResetPruned)
			c := k.changes("ada", after)
			k.same("reset from after", c.Reset, belfry.ResetNone)
			k.same("number of items", len(c.Items), 1)
			k.same("nobody's reset", k.changes("nobody", start).Reset, belfry.ResetPruned)
		}},
		{"what is left of the deleted goes by the time of its deletion", func(k *kit) {
			for _, to := range []belfry.To{belfry.ToUser("ada"), belfry.ToAll()} {
				id := k.send(plain(to, "one")).ID
				start := k.head("ada")
				k.tick(retention)
				k.retract(id)
				k.prune(k.now.Add(-time.Hour))
				k.same("number of items", len(k.changes("ada", start).Items), 1)
				k.tick(time.Millisecond)
				k.prune(k.now)
				k.same("reset", k.changes("ada", start).Reset, belfry.ResetPruned)
			}
		}},
		{"copies that were muted go too", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "muted")
			id := k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision { return belfry.Decision{} }}).ID
			k.tick(time.Second)
			k.prune(k.now)
			k.noReceipt(id)
		}},
		{"in steps of a limit", func(k *kit) {
			for i := range 12 {
				k.read("ada", k.tell("ada", fmt.Sprint(i)))
			}
			k.tick(time.Second)
			for left := 12; ; {
				_, more, err := k.store.Prune(k.Context(), k.now, k.now, 5)
				k.ok("prune", err)
				now := len(k.page(belfry.ListQuery{User: "ada", Filter: belfry.FilterAll}).Results)
				if left-now > 5 {
					k.Fatalf("a step of 5 removed %d", left-now)
				}
				if !more {
					k.same("left", now, 0)
					return
				}
				if now == left {
					k.Fatal("a step removed nothing, and there is more")
				}
				left = now
			}
		}},
		{"what is read after a sweep is found by the next", func(k *kit) {
			first, second := k.tell("ada", "first"), k.tell("ada", "second")
			k.read("ada", second)
			k.tick(time.Second)
			k.prune(k.now)
			k.shows("ada", belfry.FilterAll, "first")
			k.read("ada", first)
			k.prune(k.now)
			k.shows("ada", belfry.FilterAll)
		}},
	}
}
