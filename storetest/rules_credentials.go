package storetest

import (
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

func credentialRules() []rule {
	key := func(name string, at time.Time) belfry.Key {
		return belfry.Key{Name: name, Hash: belfry.HashSecret("secret of " + name), Scopes: belfry.ScopeSend | belfry.ScopeUsers, CreatedAt: at}
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
		{"the last use of a key is noted, and moves on alone", func(k *kit) {
			used := key("app", k.now)
			used.LastUsedAt = k.now
			k.ok("add key", k.store.AddKey(k.Context(), used))
			k.ok("add another", k.store.AddKey(k.Context(), key("web", k.now)))
			last := func(want time.Time) {
				k.Helper()
				got, err := k.store.Keys(k.Context())
				k.ok("keys", err)
				k.same("last use", got[0].LastUsedAt, want)
				k.same("last use of the other", got[1].LastUsedAt, time.Time{})
			}
			last(time.Time{}) // what is added was not used
			k.ok("use", k.store.UseKey(k.Context(), "app", k.now))
			last(k.now)
			k.ok("use again", k.store.UseKey(k.Context(), "app", k.now.Add(time.Hour)))
			k.ok("a word that comes late", k.store.UseKey(k.Context(), "app", k.now.Add(time.Minute)))
			last(k.now.Add(time.Hour))
			k.ok("use what is not there", k.store.UseKey(k.Context(), "cron", k.now))
			k.ok("remove key", k.store.RemoveKey(k.Context(), "app"))
			k.ok("add it anew", k.store.AddKey(k.Context(), key("app", k.now)))
			last(time.Time{})
		}},
		{"a key has the scopes it was given", func(k *kit) {
			all := belfry.ScopeSend | belfry.ScopeUsers | belfry.ScopeDeliveries | belfry.ScopeAdmin
			for s := range all + 1 {
				one := key(fmt.Sprintf("may %s", s), k.now)
				one.Scopes = s
				k.ok("add key", k.store.AddKey(k.Context(), one))
			}
			got, err := k.store.Keys(k.Context())
			k.ok("keys", err)
			k.same("number of keys", len(got), int(all)+1)
			for _, one := range got {
				k.same("scopes", fmt.Sprintf("may %s", one.Scopes), one.Name)
			}
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
		{"a ticket keeps the token that it was exchanged for", func(k *kit) {
			full := belfry.Origin{
				ExpiresAt: k.now.Add(time.Hour), IssuedAt: k.now.Add(-time.Minute), Token: belfry.RevocationHash("ada", "t-1"), Account: true,
			}
			bare, ancient := belfry.Origin{ExpiresAt: full.ExpiresAt}, full
			ancient.ExpiresAt, ancient.IssuedAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.UnixMilli(0).UTC()
			for i, o := range []belfry.Origin{full, bare, ancient, {}} {
				ticket := belfry.Ticket{Hash: belfry.HashSecret(fmt.Sprint(i)), User: "ada", ExpiresAt: k.now.Add(time.Minute), Origin: o}
				k.ok("add ticket", k.store.AddTicket(k.Context(), ticket))
				got, err := k.store.TakeTicket(k.Context(), ticket.Hash, k.now)
				k.ok("take ticket", err)
				k.same("ticket", got, ticket)
			}
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
