package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Many callers at once. What these rules find, no other does; run them with -race.

// together runs n calls at once, waits for all, and fails the test for each error.
func (k *kit) together(n int, call func(ctx context.Context, i int) error) {
	k.Helper()
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			if err := call(k.Context(), i); err != nil {
				k.Errorf("caller %d: %v", i, err)
			}
		})
	}
	close(start)
	all.Wait()
	if k.Failed() {
		k.FailNow()
	}
}

// deliver sends one, for use by several goroutines.
func (k *kit) deliver(ctx context.Context, a belfry.Accept) (belfry.Accepted, error) {
	a.At = k.now
	out, err := k.store.Accept(ctx, []belfry.Accept{a})
	if err != nil {
		return belfry.Accepted{}, err
	}
	return out[0], out[0].Err
}

func crowdRules() []rule {
	return []rule{
		{"32 senders to one person: every number once, and followers miss nothing", func(k *kit) {
			k.crowd(4, func(int) belfry.To { return belfry.ToUser("ada") }, "ada")
		}},
		{"32 senders to some, to many and to everyone: the same for each follower", func(k *kit) {
			team := []string{"ada", "bob", "cy", "dee", "eve"}
			k.crowd(1, func(i int) belfry.To {
				switch i % 4 {
				case 0:
					return belfry.ToAll()
				case 1:
					return belfry.ToUser(team[i%len(team)])
				default:
					return belfry.ToUsers(slices.Concat(team[i%5:], team[:i%5])...)
				}
			}, team...)
		}},
		{"one ticket, 16 takers: one has it", func(k *kit) {
			ticket := belfry.Ticket{Hash: belfry.HashSecret("t"), User: "ada", ExpiresAt: k.now.Add(time.Minute)}
			k.ok("add ticket", k.store.AddTicket(k.Context(), ticket))
			taken := make([]bool, 16)
			k.together(16, func(ctx context.Context, i int) error {
				_, err := k.store.TakeTicket(ctx, ticket.Hash, k.now)
				if taken[i] = err == nil; errors.Is(err, belfry.ErrNotFound) {
					return nil
				}
				return err
			})
			k.same("number of takers", count(taken), 1)
		}},
		{"one idempotency key, 16 senders: one send, and the same answer for all", func(k *kit) {
			answers, replayed := make([]belfry.Accepted, 16), make([]bool, 16)
			k.together(16, func(ctx context.Context, i int) (err error) {
				answers[i], err = k.deliver(ctx, once("key", plain(belfry.ToUsers("ada", "bob"), "one")))
				replayed[i] = answers[i].Replayed
				return err
			})
			k.same("number of replays", count(replayed), 15)
			for i := range answers {
				k.same("id", answers[i].ID, answers[0].ID)
				k.same("users", answers[i].Users, answers[0].Users)
			}
			k.shows("ada", belfry.FilterAll, "one")
			k.shows("bob", belfry.FilterAll, "one")
		}},
		{"one key name, 16 adders: one key", func(k *kit) {
			added := make([]bool, 16)
			k.together(16, func(ctx context.Context, i int) error {
				err := k.store.AddKey(ctx, belfry.Key{Name: "app", Hash: belfry.HashSecret(fmt.Sprint(i)), CreatedAt: k.now})
				if added[i] = err == nil; errors.Is(err, &belfry.Error{Code: belfry.CodeConflict}) {
					return nil
				}
				return err
			})
			k.same("number of keys added", count(added), 1)
		}},
		{"one dedupe key, 16 senders: one notification, replaced 15 times", func(k *kit) {
			ids := make([]belfry.ID, 16)
			k.together(16, func(ctx context.Context, i int) error {
				s := keyed("ada", fmt.Sprint(i), "k")
				out, err := k.deliver(ctx, belfry.Accept{Send: &s})
				ids[i] = out.ID
				return err
			})
			k.same("different ids", len(slices.Compact(ids)), 1)
			k.same("head", k.head("ada").Seq, int64(16))
			k.counts("ada", 1, 1)
		}},
		{"one notification, 16 retractions: one succeeds", func(k *kit) {
			id := k.tell("ada", "one")
			done := make([]bool, 16)
			k.together(16, func(ctx context.Context, i int) error {
				_, err := k.store.Retract(ctx, id, k.now)
				if done[i] = err == nil; errors.Is(err, belfry.ErrNotFound) {
					return nil
				}
				return err
			})
			k.same("number of retractions", count(done), 1)
			k.same("head", k.head("ada").Seq, int64(2))
		}},
		{"sends, broadcasts, marks, retractions and upkeep at once: counts agree with the rows", turmoil},
		{"a list read while others write is of one moment", func(k *kit) {
			k.together(8, func(ctx context.Context, i int) error {
				for j := range 25 {
					var err error
					if i < 4 {
						err = k.stir(ctx, i*100+j)
					} else {
						err = k.consistent(ctx, "ada")
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		}},
	}
}

func count(flags []bool) (n int) {
	for _, on := range flags {
		if on {
			n++
		}
	}
	return n
}

// crowd has 32 senders send at once while every person is followed, and checks that each follower got everything.
func (k *kit) crowd(followersEach int, to func(i int) belfry.To, users ...string) {
	k.Helper()
	const senders, each = 32, 8
	type follower struct {
		user string
		bell chan struct{}
		*mirror
	}
	var followers []follower
	for i := range followersEach * len(users) {
		user := users[i%len(users)]
		followers = append(followers, follower{user, make(chan struct{}, 1), k.load(user)})
	}
	var reading sync.WaitGroup
	for _, f := range followers {
		reading.Go(func() {
			for open := true; open; {
				_, open = <-f.bell
				whole, err := f.follow(k.pieces(k.Context(), f.user, 7))
				if err != nil || !whole {
					k.Errorf("a follower of %s: %v, at %v", f.user, err, f.at)
				}
			}
		})
	}
	k.together(senders, func(ctx context.Context, i int) error {
		for j := range each {
			s := plain(to(i+j), fmt.Sprintf("%d from %d", j, i))
			if _, err := k.deliver(ctx, belfry.Accept{Send: &s}); err != nil {
				return err
			}
			for _, f := range followers {
				select {
				case f.bell <- struct{}{}:
				default:
				}
			}
		}
		return nil
	})
	for _, f := range followers {
		close(f.bell)
	}
	reading.Wait()
	for _, f := range followers {
		want := k.load(f.user)
		k.same("the mirror of "+f.user, f.rows, want.rows)
		k.same("its place", f.at, want.at)
	}
	for _, user := range users {
		head := k.head(user)
		k.same("rows of "+user, int64(len(k.load(user).rows)), head.Seq+head.Broadcast)
	}
}

// pieces reads a person's log, at most limit entries at a time, and refuses one with a hole: nothing here changes
// twice, so that each number must come.
func (k *kit) pieces(ctx context.Context, user string, limit int) func(belfry.Cursor) (belfry.Changes, error) {
	return func(after belfry.Cursor) (belfry.Changes, error) {
		c, err := k.store.Changes(ctx, user, after, limit, k.now)
		for _, item := range c.Items {
			switch {
			case item.Broadcast > 0 && item.Broadcast == after.Broadcast+1:
				after.Broadcast++
			case item.Seq > 0 && item.Seq == after.Seq+1:
				after.Seq++
			default:
				return c, fmt.Errorf("the log of %s has a hole: after %v comes %d-%d", user, after, item.Seq, item.Broadcast)
			}
		}
		if !c.More && err == nil && (after.Seq != c.Head.Seq || after.Broadcast != c.Head.Broadcast) {
			return c, fmt.Errorf("the log of %s ends at %v, and its head is %v", user, after, c.Head)
		}
		return c, err
	}
}

// stir makes the i-th of a mix of changes that concern ada and bob.
func (k *kit) stir(ctx context.Context, i int) error {
	s := plain(belfry.ToUser("ada"), fmt.Sprint(i))
	switch i % 5 {
	case 0:
		s.To = belfry.ToAll()
	case 1:
		s.To = belfry.ToUsers("bob", "ada")
	case 2:
		s.DedupeKey = fmt.Sprint(i % 3)
	case 3:
		s.ExpiresAt = k.now.Add(-time.Duration(i%2) * time.Second) // over at once: its Expire races with the rest
	}
	out, err := k.deliver(ctx, belfry.Accept{Send: &s})
	if err != nil {
		return err
	}
	mark := belfry.Mark{User: "ada", IDs: []belfry.ID{out.ID}, Set: belfry.StateChange{Read: new(i%3 == 0), Seen: new(i%2 == 0), Archived: new(i%7 == 0)}, At: k.now}
	if i%10 == 9 {
		mark.All, mark.Limit = true, 5
	}
	if _, err := k.store.Mark(ctx, mark); err != nil {
		return err
	}
	if i%4 == 3 {
		if _, err := k.store.Retract(ctx, out.ID, k.now); err != nil && !errors.Is(err, belfry.ErrNotFound) {
			return err
		}
	}
	_, _, err = k.store.Expire(ctx, k.now, 3)
	return err
}

// consistent checks that the counts of a list are those of its rows, and the cursor's log is empty.
func (k *kit) consistent(ctx context.Context, user string) error {
	p, err := k.store.List(ctx, belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 10_000, Now: k.now})
	if err != nil {
		return err
	}
	var want belfry.Counts
	for i := range p.Results {
		counted(&want, &p.Results[i])
	}
	if p.Counts != want {
		return fmt.Errorf("the list of %s has %d rows that count %+v, and says %+v", user, len(p.Results), want, p.Counts)
	}
	c, err := k.store.Changes(ctx, user, belfry.Cursor{}, 0, k.now)
	if err == nil && c.Tally.Plain && c.Tally.Own.Plus(c.Tally.Shared) != c.Tally.Counts {
		return fmt.Errorf("the plain tally of %s is no sum: %+v", user, c.Tally)
	}
	return err
}

func turmoil(k *kit) {
	k.together(12, func(ctx context.Context, i int) error {
		for j := range 20 {
			if err := k.stir(ctx, i*37+j); err != nil {
				return err
			}
		}
		return nil
	})
	k.expire()
	for _, user := range []string{"ada", "bob", "nobody"} {
		k.ok("consistent", k.consistent(k.Context(), user))
		c := k.changes(user, belfry.Cursor{Epoch: k.store.Epoch()})
		k.same("reset", c.Reset, belfry.ResetNone)
		r := &mirror{at: belfry.Cursor{Epoch: k.store.Epoch()}, rows: map[belfry.ID]belfry.Notification{}}
		_, err := r.follow(func(after belfry.Cursor) (belfry.Changes, error) {
			return k.store.Changes(k.Context(), user, after, 11, k.now)
		})
		k.ok("follow", err)
		k.same("the mirror of "+user, r.rows, k.load(user).rows)
	}
}
