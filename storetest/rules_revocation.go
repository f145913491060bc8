package storetest

import (
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

func revocationRules() []rule {
	return []rule{
		{"what is revoked is remembered by its hash", func(k *kit) {
			all := belfry.Revocation{User: "ada", At: k.now}
			one := belfry.Revocation{User: "ada", TokenID: "7", At: k.now.Add(time.Second), ExpiresAt: k.now.Add(time.Hour)}
			k.revoke(all)
			k.revoke(one)
			k.revoked(k.now, all, one)
			k.revoked(k.now.Add(time.Millisecond), one)
			k.revoked(one.At.Add(time.Millisecond))
		}},
		{"of two the later times hold, and for ever is the latest", func(k *kit) {
			at := func(at, expires time.Duration) belfry.Revocation {
				r := belfry.Revocation{User: "ada", TokenID: "7", At: k.now.Add(at)}
				if expires != 0 {
					r.ExpiresAt = k.now.Add(expires)
				}
				return r
			}
			for _, step := range []struct{ at, expires, wantAt, wantExpires time.Duration }{
				{time.Second, time.Minute, time.Second, time.Minute},
				{0, time.Hour, time.Second, time.Hour},
				{2 * time.Second, time.Minute, 2 * time.Second, time.Hour},
				{0, 0, 2 * time.Second, 0},
				{0, time.Hour, 2 * time.Second, 0},
			} {
				k.revoke(at(step.at, step.expires))
				k.revoked(k.now, at(step.wantAt, step.wantExpires))
			}
		}},
		{"revoking a person takes their tickets, and nobody else's; revoking a token takes none", func(k *kit) {
			add := func(user string) belfry.Ticket {
				t := belfry.Ticket{Hash: belfry.HashSecret(user), User: user, ExpiresAt: k.now.Add(time.Minute)}
				k.ok("add ticket", k.store.AddTicket(k.Context(), t))
				return t
			}
			ada, bob, eve := add("ada"), add("bob"), add("eve")
			k.revoke(belfry.Revocation{User: "ada", At: k.now})
			k.revoke(belfry.Revocation{User: "eve", TokenID: "7", At: k.now})
			_, err := k.store.TakeTicket(k.Context(), ada.Hash, k.now)
			k.fails("take a revoked one", err, belfry.ErrNotFound)
			for _, t := range []belfry.Ticket{bob, eve} {
				_, err = k.store.TakeTicket(k.Context(), t.Hash, k.now)
				k.ok("take that of "+t.User, err)
			}
		}},
		{"what has expired is pruned, the rest stays, also when the person is erased", func(k *kit) {
			k.tell("ada", "A")
			since := k.now
			all := belfry.Revocation{User: "ada", At: since}
			one := belfry.Revocation{User: "ada", TokenID: "7", At: since, ExpiresAt: since.Add(time.Hour)}
			k.revoke(all)
			k.revoke(one)
			k.erase("ada")
			k.prune(k.now)
			k.revoked(since, all, one)
			k.now = one.ExpiresAt
			k.prune(k.now)
			k.revoked(since, all)
		}},
	}
}

func (k *kit) revoke(r belfry.Revocation) {
	k.Helper()
	k.ok("revoke", k.store.Revoke(k.Context(), r))
}

func (k *kit) revoked(since time.Time, want ...belfry.Revocation) {
	k.Helper()
	got, err := k.store.Revoked(k.Context(), since)
	k.ok("revoked", err)
	var all []belfry.Revoked
	for _, r := range want {
		all = append(all, belfry.Revoked{Hash: r.Hash(), At: r.At, ExpiresAt: r.ExpiresAt})
	}
	byHash := func(a, b belfry.Revoked) int { return slices.Compare(a.Hash[:], b.Hash[:]) }
	slices.SortFunc(got, byHash)
	slices.SortFunc(all, byHash)
	k.same("revoked", got, all)
}
