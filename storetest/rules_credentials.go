package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func credentialRules() []rule {
	key := func(name string, at time.Time) belfry.Key {
		return belfry.Key{Name: name, Hash: belfry.HashSecret("secret of " + name), CreatedAt: at}
	}
	return []rule{
		{"keys are listed by name, as added", func(k *kit) {
			for _, name := range []string{"web", "app", "cron"} {
				k.ok("add key", k.store.AddKey(k.Context(), key(name, k.now)))
			}
			got, err := k.store.Keys(k.Context())
			k.ok("keys", err)
			k.same("keys", got, []belfry.Key{key("app", k.now), key("cron", k.now), key("web", k.now)})
		}},
		{"a name in use is a conflict, and the first stays", func(k *kit) {
			k.ok("add key", k.store.AddKey(k.Context(), key("app", k.now)))
			other := belfry.Key{Name: "app", Hash: belfry.HashSecret("other"), CreatedAt: k.now}
			k.fails("add again", k.store.AddKey(k.Context(), other), &belfry.Error{Code: belfry.CodeConflict})
			got, err := k.store.Keys(k.Context())
			k.ok("keys", err)
			k.same("keys", got, []belfry.Key{key("app", k.now)})
		}},
		{"a removed key is gone, and removing it again is not found", func(k *kit) {
			k.ok("add key", k.store.AddKey(k.Context(), key("app", k.now)))
			k.ok("remove key", k.store.RemoveKey(k.Context(), "app"))
			got, err := k.store.Keys(k.Context())
			k.ok("keys", err)
			k.same("keys", len(got), 0)
			k.fails("remove again", k.store.RemoveKey(k.Context(), "app"), belfry.ErrNotFound)
			k.ok("add it again", k.store.AddKey(k.Context(), key("app", k.now)))
		}},
		{"a ticket is taken once", func(k *kit) {
			ticket := belfry.Ticket{Hash: belfry.HashSecret("t"), User: "ada", ExpiresAt: k.now.Add(time.Minute)}
			k.ok("add ticket", k.store.AddTicket(k.Context(), ticket))
			got, err := k.store.TakeTicket(k.Context(), ticket.Hash, k.now)
			k.ok("take ticket", err)
			k.same("ticket", got, ticket)
			_, err = k.store.TakeTicket(k.Context(), ticket.Hash, k.now)
			k.fails("take it again", err, belfry.ErrNotFound)
		}},
		{"an expired ticket and an unknown one are not found", func(k *kit) {
			ticket := belfry.Ticket{Hash: belfry.HashSecret("t"), User: "ada", ExpiresAt: k.now.Add(time.Minute)}
			k.ok("add ticket", k.store.AddTicket(k.Context(), ticket))
			_, err := k.store.TakeTicket(k.Context(), belfry.HashSecret("other"), k.now)
			k.fails("take an unknown one", err, belfry.ErrNotFound)
			_, err = k.store.TakeTicket(k.Context(), ticket.Hash, ticket.ExpiresAt)
			k.fails("take one at its end", err, belfry.ErrNotFound)
			k.prune(k.now)
			_, err = k.store.TakeTicket(k.Context(), ticket.Hash, ticket.ExpiresAt.Add(-time.Millisecond))
			k.ok("take one just before its end, pruned around", err)
		}},
	}
}
