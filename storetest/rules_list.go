package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

func listRules() []rule {
	return []rule{
		{"newest first, and nobody else's", func(k *kit) {
			k.tell("ada", "one")
			k.tell("bob", "bob's")
			k.tell("ada", "two")
			k.tellAll("all")
			k.tell("ada", "three")
			k.shows("ada", belfry.FilterInbox, "three", "all", "two", "one")
			k.shows("bob", belfry.FilterInbox, "all", "bob's")
		}},
		{"rows, counts and cursor are of one moment", func(k *kit) {
			k.tell("ada", "one")
			k.tellAll("all")
			p := k.page(belfry.ListQuery{User: "ada"})
			k.same("cursor", p.Cursor, belfry.Cursor{Epoch: k.store.Epoch(), Seq: 1, Broadcast: 1})
			k.same("counts", p.Counts, belfry.Counts{Unread: 2, Unseen: 2})
			k.same("what came after", len(k.changes("ada", p.Cursor).Items), 0)
		}},
		{"of one moment, own ones and broadcasts stand as they were sent", func(k *kit) {
			k.send(plain(belfry.ToUser("ada"), "own 1"))
			k.send(plain(belfry.ToAll(), "all"))
			k.send(plain(belfry.ToUser("ada"), "own 2"))
			k.shows("ada", belfry.FilterInbox, "own 2", "all", "own 1")
		}},
		{"a clock that went back does not change the order of either log", func(k *kit) {
			k.send(plain(belfry.ToUser("ada"), "own 1"))
			k.tick(-time.Hour)
			k.send(plain(belfry.ToUser("ada"), "own 2"))
			k.tick(time.Minute)
			k.send(plain(belfry.ToAll(), "all"))
			k.tick(time.Hour)
			k.shows("ada", belfry.FilterInbox, "all", "own 2", "own 1")
		}},
		{"each filter shows its part", filters},
		{"a category covers itself and what is below, not its name's like", categories},
		{"pages of every size give each row once, in order", pages},
		{"pages under a filter are full, and the last says so", func(k *kit) {
			var unread []string
			for i := range 30 {
				id := k.tell("ada", fmt.Sprint(i))
				if i%3 != 0 {
					k.read("ada", id)
				} else {
					unread = append(unread, fmt.Sprint(i))
				}
			}
			slices.Reverse(unread)
			q := belfry.ListQuery{User: "ada", Filter: belfry.FilterUnread, Limit: 5}
			first := k.page(q)
			k.same("the first page", titles(first.Results), unread[:5])
			q.Before = first.Next
			second := k.page(q)
			k.same("the second page", titles(second.Results), unread[5:])
			k.same("a page after the last", second.Next, (*belfry.Position)(nil))
		}},
		{"after a place: only what was created since", func(k *kit) {
			k.tell("ada", "old")
			k.tellAll("old all")
			at := k.head("ada")
			place := belfry.Position{Seq: at.Seq, Broadcast: at.Broadcast}
			k.same("nothing yet", titles(k.page(belfry.ListQuery{User: "ada", After: &place}).Results), []string(nil))
			k.tell("ada", "new")
			k.tellAll("new all")
			k.tell("ada", "newer")
			q := belfry.ListQuery{User: "ada", After: &place, Limit: 2}
			p := k.page(q)
			k.same("the first page since", titles(p.Results), []string{"newer", "new all"})
			q.Before = p.Next
			p = k.page(q)
			k.same("the second page since", titles(p.Results), []string{"new"})
			k.same("a page after the last", p.Next, (*belfry.Position)(nil))
		}},
		{"a change of state since does not make a row new, nor move it", func(k *kit) {
			id := k.tell("ada", "old")
			k.tell("ada", "newer")
			at := k.head("ada")
			k.read("ada", id)
			k.same("since", titles(k.page(belfry.ListQuery{User: "ada", After: &belfry.Position{Seq: at.Seq}}).Results), []string(nil))
			k.shows("ada", belfry.FilterInbox, "newer", "old")
		}},
		{"somebody never heard of has the broadcasts", func(k *kit) {
			k.tell("ada", "ada's")
			k.tellAll("all")
			p := k.page(belfry.ListQuery{User: "nobody"})
			k.same("list", titles(p.Results), []string{"all"})
			k.same("cursor", p.Cursor, belfry.Cursor{Epoch: k.store.Epoch(), Broadcast: 1})
			k.same("counts", p.Counts, belfry.Counts{Unread: 1, Unseen: 1})
			_, err := k.store.User(k.Context(), "nobody")
			k.fails("who only looked", err, belfry.ErrNotFound)
		}},
	}
}

func filters(k *kit) {
	ids := map[string]belfry.ID{}
	for _, title := range []string{"fresh", "read", "archived", "read and archived"} {
		ids[title] = k.tell("ada", title)
		ids["all "+title] = k.tellAll("all " + title)
	}
	k.read("ada", ids["read"], ids["read and archived"], ids["all read"], ids["all read and archived"])
	k.archive("ada", ids["archived"], ids["read and archived"], ids["all archived"], ids["all read and archived"])
	k.shows("ada", belfry.FilterInbox, "all read", "read", "all fresh", "fresh")
	k.shows("ada", belfry.FilterUnread, "all fresh", "fresh")
	k.shows("ada", belfry.FilterRead, "all read", "read")
	k.shows("ada", belfry.FilterArchived, "all read and archived", "read and archived", "all archived", "archived")
	k.shows("ada", belfry.FilterAll, "all read and archived", "read and archived", "all archived", "archived", "all read", "read", "all fresh", "fresh")
	k.counts("ada", 2, 4)
}

func categories(k *kit) {
	all := []string{"order", "order.assigned", "order.assigned.late", "orders", "order_x", "orde", "chat.order", "order.b"}
	for _, category := range all {
		k.tick(time.Millisecond)
		k.send(belfry.Send{To: belfry.ToUser("ada"), Category: category, Title: category})
		k.tick(time.Millisecond)
		k.send(belfry.Send{To: belfry.ToAll(), Category: category, Title: category})
	}
	for asked, want := range map[string][]string{
		"order":               {"order", "order.assigned", "order.assigned.late", "order.b"},
		"order.assigned":      {"order.assigned", "order.assigned.late"},
		"order.assigned.late": {"order.assigned.late"},
		"chat":                {"chat.order"},
		"order.a":             nil,
		"":                    all,
	} {
		var twice []string
		for _, title := range slices.Backward(want) {
			twice = append(twice, title, title)
		}
		k.same("category "+asked, titles(k.page(belfry.ListQuery{User: "ada", Category: asked}).Results), twice)
	}
}

// walk reads a whole list in pages.
func (k *kit) walk(q belfry.ListQuery) (results []belfry.Notification) {
	k.Helper()
	for range 100_000 {
		p := k.page(q)
		if len(p.Results) > q.Limit || len(p.Results) < q.Limit && p.Next != nil {
			k.Fatalf("a page of %d rows where %d were asked for; next is %v", len(p.Results), q.Limit, p.Next)
		}
		results = append(results, p.Results...)
		if p.Next == nil {
			return results
		}
		if len(p.Results) == 0 {
			k.Fatalf("an empty page says that %v follows", p.Next)
		}
		q.Before = p.Next
	}
	k.Fatal("the pages have no end")
	return nil
}

func pages(k *kit) {
	var want []string
	for i := range 40 {
		title := fmt.Sprint(i)
		switch {
		case i%7 < 2 || i > 30:
			k.tellAll(title)
		case i%7 == 2: // at the same moment as the one before
			k.send(plain(belfry.ToUser("ada"), title))
		default:
			k.tell("ada", title)
		}
		want = append(want, title)
	}
	whole := titles(k.page(belfry.ListQuery{User: "ada"}).Results)
	k.same("number of rows", len(whole), len(want))
	for _, limit := range []int{1, 2, 3, 7, 39, 40, 41} {
		got := k.walk(belfry.ListQuery{User: "ada", Limit: limit})
		k.same(fmt.Sprintf("the list in pages of %d", limit), titles(got), whole)
	}
}
