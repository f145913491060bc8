package storetest

import (
	"time"

	"github.com/belfryhq/belfry"
)

func accountRules() []rule {
	return []rule{
		{"an account's state is kept as it was put, whole", func(k *kit) {
			want := belfry.MailAccount{
				Name: "main", Credential: belfry.HashSecret("s"), ParkedUntil: k.now, NeedsPerson: true, Reason: "no", Strikes: 3,
				SlowUntil: k.now.Add(time.Hour),
			}
			k.ok("put mail account", k.store.PutMailAccount(k.Context(), want))
			k.sameAccount("main", want)
			want = belfry.MailAccount{Name: "main", Credential: belfry.HashSecret("other")}
			k.ok("put mail account", k.store.PutMailAccount(k.Context(), want))
			k.sameAccount("main", want)
		}},
		{"an account that was never put is in the zero state", func(k *kit) {
			k.ok("put mail account", k.store.PutMailAccount(k.Context(), belfry.MailAccount{Name: "main", Strikes: 1}))
			k.sameAccount("Main", belfry.MailAccount{Name: "Main"})
		}},
		{"sent mails are counted by account and time", func(k *kit) {
			start := k.now
			var at []time.Time
			for i, account := range []string{"a", "a", "b", "a"} {
				k.post(letter{})
				m := k.take()
				k.ok("commit", k.store.Commit(k.Context(), m.Lease, account))
				k.tick(time.Second)
				if i == 3 {
					k.now = start.Add(time.Minute)
				}
				k.sent(m)
				at = append(at, k.now)
			}
			k.mailsSent("a", start, 10, 3, at[0], at[1], at[3])
			k.mailsSent("a", start, 2, 3, at[0], at[1])
			k.mailsSent("a", start, 0, 3)
			k.mailsSent("a", at[0], 10, 2, at[1], at[3])
			k.mailsSent("a", at[0].Add(-time.Millisecond), 1, 3, at[0])
			k.mailsSent("b", start, 10, 1, at[2])
			k.mailsSent("a", at[3], 10, 0)
			k.mailsSent("c", start, 10, 0)
		}},
		{"from the commit on a mail counts, unless it is taken back; each that may have been accepted counts", func(k *kit) {
			start := k.now
			k.post(letter{})
			m := k.take()
			claimed := k.now
			k.mailsSent("main", start, 10, 0)
			k.tick(time.Second)
			k.commit(m)
			k.mailsSent("main", start, 10, 1, claimed)
			s := k.later(0)
			s.Attempt, s.Uncommitted = &belfry.Attempt{At: k.now}, true
			k.settle(m, s)
			k.mailsSent("main", start, 10, 0)

			m = k.take()
			k.commit(m)
			s.Attempt, s.Uncommitted = &belfry.Attempt{At: k.tick(time.Second)}, false
			k.settle(m, s)
			ambiguous := k.now
			k.mailsSent("main", start, 10, 1, ambiguous)
			m = k.take()
			k.commit(m)
			k.tick(leaseOfTests) // its worker died
			died := k.now.Add(-leaseOfTests)
			k.mailsSent("main", start, 10, 2, ambiguous, died)
			m = k.take()
			k.commit(m)
			k.tick(time.Second)
			k.sent(m)
			k.mailsSent("main", start, 10, 3, ambiguous, died, k.now)
		}},
		{"what was sent counts when it is erased, retracted and pruned, for two days", func(k *kit) {
			start := k.now
			for _, user := range []string{"ada", "bob"} {
				p := k.post(letter{user: user, outside: user == "bob"})
				m := k.take()
				k.commit(m)
				k.sent(m)
				if user == "bob" {
					k.retract(p.notification)
				}
			}
			last := k.now
			k.erase("ada")
			k.tick(48*time.Hour - 2*time.Millisecond)
			k.prune(k.now)
			k.mailsSent("main", start, 10, 2, last.Add(-time.Millisecond), last)
			k.tick(2 * time.Millisecond)
			k.prune(k.now)
			k.mailsSent("main", start, 10, 0)
		}},
		{"when a mailbox was full for good is known for 7 days, in whatever case its address is written", func(k *kit) {
			full := func(address string, want time.Time) {
				k.Helper()
				before, err := k.store.FullMailbox(k.Context(), address, k.now)
				k.ok("full mailbox", err)
				k.same("before", before, want)
			}
			full("Ada@x.org", time.Time{})
			first := k.now
			k.tick(7 * 24 * time.Hour)
			k.prune(k.now)
			full("ada@X.org", first)
			full("bob@x.org", time.Time{})
			k.tick(7*24*time.Hour + time.Millisecond)
			k.prune(k.now)
			full("ada@x.org", time.Time{})
		}},
		{"a suppressed address is taken off, in whatever case it is written, once", func(k *kit) {
			for _, to := range []string{"A@x.org", "b@x.org", "a@X.org"} {
				k.post(letter{to: to})
				k.settle(k.take(), belfry.Settlement{State: belfry.Failed, Suppress: "why " + to})
			}
			k.suppressed(map[string]string{"a@x.org": "why a@X.org", "b@x.org": "why b@x.org"})
			k.erase("ada")
			k.ok("unsuppress", k.store.Unsuppress(k.Context(), "A@X.ORG"))
			k.suppressed(map[string]string{"b@x.org": "why b@x.org"})
			k.fails("again", k.store.Unsuppress(k.Context(), "a@x.org"), belfry.ErrNotFound)
		}},
	}
}

func (k *kit) sameAccount(name string, want belfry.MailAccount) {
	k.Helper()
	got, err := k.store.MailAccount(k.Context(), name)
	k.ok("mail account", err)
	k.same("account "+name, got, want)
}

func (k *kit) mailsSent(account string, after time.Time, limit, n int, earliest ...time.Time) {
	k.Helper()
	got, times, err := k.store.MailsSent(k.Context(), account, after, limit)
	k.ok("mails sent", err)
	k.same("number of mails sent", got, n)
	k.same("the earliest", times, earliest)
}

func (k *kit) suppressed(want map[string]string) {
	k.Helper()
	got, err := k.store.Suppressed(k.Context())
	k.ok("suppressed", err)
	k.same("suppressed", got, want)
}

func secretRules() []rule {
	return []rule{
		{"a secret is made once, is random, and has 32 bytes", func(k *kit) {
			seen := map[string]bool{}
			for _, name := range []string{"a", "b", "A", ""} {
				first, err := k.store.Secret(k.Context(), name)
				k.ok("secret", err)
				k.same("length", len(first), 32)
				seen[string(first)] = true
				first[0] ^= 0xff // the caller's own copy
				again, err := k.store.Secret(k.Context(), name)
				k.ok("secret", err)
				again[0] ^= 0xff
				k.same("again", again, first)
			}
			k.same("number of different ones", len(seen), 4)
		}},
	}
}
