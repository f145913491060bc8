package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

// once is an Accept under an idempotency key; its body is its fingerprint.
func once(key string, s belfry.Send) belfry.Accept {
	return belfry.Accept{Send: &s, IdempotencyKey: key, Fingerprint: belfry.HashSecret(s.Title)}
}

func idempotencyRules() []rule {
	replay := func(to belfry.To) func(*kit) {
		return func(k *kit) {
			first := k.accept(once("key", plain(to, "one")))
			head := k.head("ada")
			k.tick(time.Hour)
			again := k.accept(once("key", plain(to, "one")))
			k.ok("replay", again.Err)
			k.same("the answer", again, belfry.Accepted{ID: first.ID, Users: first.Users, Replayed: true})
			k.same("the first is no replay", first.Replayed, false)
			k.same("head", k.head("ada"), head)
			k.shows("ada", belfry.FilterAll, "one")
		}
	}
	return []rule{
		{"the same key and body to one person: one send, the same answer", replay(belfry.ToUser("ada"))},
		{"the same key and body to several: one send, the same answer", replay(belfry.ToUsers("ada", "bob"))},
		{"the same key and body to everyone: one send, the same answer", replay(belfry.ToAll())},
		{"another body under the key is refused and stores nothing", func(k *kit) {
			k.accept(once("key", plain(belfry.ToUser("ada"), "one")))
			out := k.accept(once("key", plain(belfry.ToUsers("ada", "bob"), "two")))
			k.fails("another body", out.Err, belfry.ErrKeyReused)
			k.same("the refused", out, belfry.Accepted{Err: out.Err})
			k.shows("ada", belfry.FilterAll, "one")
			_, err := k.store.User(k.Context(), "bob")
			k.fails("bob, whom only the refused send named", err, belfry.ErrNotFound)
		}},
		{"other keys, and no key, are other sends", func(k *kit) {
			k.accept(once("key", plain(belfry.ToUser("ada"), "one")))
			k.accept(once("KEY", plain(belfry.ToUser("ada"), "one")))
			k.accept(once("", plain(belfry.ToUser("ada"), "one")))
			k.accept(once("", plain(belfry.ToUser("ada"), "one")))
			k.counts("ada", 4, 4)
		}},
		{"twice in one call: the second is a replay", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "one")
			out := k.accept(once("key", s), once("key", s))
			k.same("replayed", out.Replayed, true)
			k.counts("ada", 1, 1)
		}},
		{"a replay does not care what became of the first", func(k *kit) {
			first := k.accept(once("key", plain(belfry.ToUser("ada"), "one")))
			k.retract(first.ID)
			k.same("id", k.accept(once("key", plain(belfry.ToUser("ada"), "one"))).ID, first.ID)
			k.shows("ada", belfry.FilterAll)
		}},
		{"for a day, pruned or not; then the key is a new one", func(k *kit) {
			k.accept(once("pruned", plain(belfry.ToUser("ada"), "p")), once("left", plain(belfry.ToUser("ada"), "l")))
			k.tick(24*time.Hour - time.Millisecond)
			k.prune(k.now.Add(-90 * 24 * time.Hour))
			k.same("replayed within the day", k.accept(once("pruned", plain(belfry.ToUser("ada"), "p"))).Replayed, true)
			k.tick(2 * time.Millisecond)
			k.same("replayed after the day", k.accept(once("left", plain(belfry.ToUser("ada"), "other"))).Replayed, false)
			k.prune(k.now.Add(-90 * 24 * time.Hour))
			k.same("replayed after pruning", k.accept(once("pruned", plain(belfry.ToUser("ada"), "other"))).Replayed, false)
			k.same("the new answer is kept in its turn", k.accept(once("left", plain(belfry.ToUser("ada"), "other"))).Replayed, true)
			k.counts("ada", 4, 4)
		}},
	}
}
