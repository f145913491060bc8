package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

func sizeRules() []rule {
	return []rule{
		{"1,000 people in one send", func(k *kit) {
			users := make([]string, belfry.MaxRecipients)
			for i := range users {
				users[i] = fmt.Sprintf("user-%04d", i)
			}
			out := k.send(plain(belfry.ToUsers(users...), "all hands"))
			k.same("number of copies", len(out.Users), len(users))
			ids := map[belfry.ID]bool{out.ID: true}
			for i, user := range users {
				ids[out.Users[i].ID] = true
				k.same("user", out.Users[i].User, user)
				k.same("ring", out.Rings[i].User+"/"+fmt.Sprint(out.Rings[i].Change.Seq), user+"/1")
			}
			k.same("number of ids", len(ids), len(users)+1)
			for _, user := range []string{users[0], users[500], users[999]} {
				k.shows(user, belfry.FilterInbox, "all hands")
				k.counts(user, 1, 1)
			}
			k.same("rings of the retraction", len(k.retract(out.ID)), len(users))
			k.counts(users[999], 0, 0)
		}},
		{"1,000 sends in one call", func(k *kit) {
			accepts := make([]belfry.Accept, belfry.MaxBulk)
			for i := range accepts {
				s := plain(belfry.ToUser(fmt.Sprint("user-", i%10)), fmt.Sprint(i))
				accepts[i] = belfry.Accept{Send: &s}
			}
			out := k.accept(accepts...)
			k.same("the last one's number", out.Rings[0].Change.Seq, int64(100))
			k.counts("user-3", 100, 100)
		}},
		{"an inbox of 5,000, in pages and pieces of all sizes", func(k *kit) {
			const size = 5000
			k.fill("ada", size)
			k.counts("ada", size, size)
			var want []string
			for i := range size {
				want = append(want, fmt.Sprint(i))
			}
			slices.Reverse(want)
			for _, limit := range []int{64, 999, size - 1, size} {
				got := titles(k.walk(belfry.ListQuery{User: "ada", Limit: limit}))
				k.same(fmt.Sprintf("the list in pages of %d", limit), got, want)
			}
			place := belfry.Position{Seq: size - 1, Broadcast: 1}
			middle := k.page(belfry.ListQuery{User: "ada", Before: &place, Limit: 3})
			k.same("counts in the middle", middle.Counts, belfry.Counts{Unread: size, Unseen: size})
			for _, limit := range []int{100, size} {
				r := &mirror{at: belfry.Cursor{Epoch: k.store.Epoch()}, rows: map[belfry.ID]belfry.Notification{}}
				_, err := r.follow(k.pieces(k.Context(), "ada", limit))
				k.ok("follow", err)
				k.same("number of rows", len(r.rows), size)
			}
			k.readAll("ada", size)
			k.counts("ada", 0, size)
			k.tick(time.Second)
			k.prune(k.now)
			k.shows("ada", belfry.FilterAll)
			k.counts("ada", 0, 0)
		}},
	}
}

// fill puts so many notifications into an inbox, a tenth of them broadcasts, titled by their number.
func (k *kit) fill(user string, size int) {
	k.Helper()
	for at := 0; at < size; at += belfry.MaxBulk {
		var accepts []belfry.Accept
		for i := at; i < min(at+belfry.MaxBulk, size); i++ {
			s := plain(belfry.ToUser(user), fmt.Sprint(i))
			if i%10 == 9 {
				s.To = belfry.ToAll()
			}
			accepts = append(accepts, belfry.Accept{Send: &s, At: k.tick(time.Millisecond)})
		}
		k.accept(accepts...)
	}
}

// readAll marks all as read in steps, and checks that so many changed.
func (k *kit) readAll(user string, want int) {
	k.Helper()
	changed := 0
	for range 100 {
		out := k.mark(belfry.Mark{User: user, All: true, Set: belfry.StateChange{Read: new(true)}, Limit: 500})
		if changed += len(out.Changes); !out.More {
			break
		}
	}
	k.same("number of changes", changed, want)
}
