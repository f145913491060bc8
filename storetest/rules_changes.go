package storetest

import (
	"fmt"
	"maps"
	"time"

	"github.com/belfryhq/belfry"
)

func changesRules() []rule {
	return []rule{
		{"the zero cursor is the head: no items, the counts", func(k *kit) {
			k.tell("ada", "one")
			k.tellAll("all")
			c := k.changes("ada", belfry.Cursor{})
			c.Tally = belfry.Tally{Counts: c.Tally.Counts}
			head := belfry.Cursor{Epoch: k.store.Epoch(), Seq: 1, Broadcast: 1}
			k.same("changes", c, belfry.Changes{Head: head, Tally: belfry.Tally{Counts: belfry.Counts{Unread: 2, Unseen: 2}}})
		}},
		{"after a cursor: the broadcasts first, then the own, each in its order", func(k *kit) {
			start := k.head("ada")
			k.tell("ada", "one")
			k.tellAll("all 1")
			k.tell("ada", "two")
			k.tellAll("all 2")
			c := k.changes("ada", start)
			var got []string
			for _, item := range c.Items {
				got = append(got, fmt.Sprintf("%d %d-%d %s", item.Kind, item.Seq, item.Broadcast, item.Notification.Title))
			}
			k.same("items", got, []string{"1 0-1 all 1", "1 0-2 all 2", "1 1-0 one", "1 2-0 two"})
			k.same("more", c.More, false)
		}},
		{"a change of state comes as Updated with the whole notification", func(k *kit) {
			id := k.tell("ada", "one")
			start := k.head("ada")
			k.read("ada", id)
			want := []belfry.Change{{Kind: belfry.Updated, Seq: 2, Notification: k.find("ada", id)}}
			k.same("items", k.changes("ada", start).Items, want)
		}},
		{"what changed several times comes once, at its last change", appearsOnce},
		{"a broadcast whose state the person changed comes once, in their own log", func(k *kit) {
			start := k.head("ada")
			id := k.tellAll("all")
			between := k.head("ada")
			k.read("ada", id)
			n := k.find("ada", id)
			k.same("from before it", k.changes("ada", start).Items, []belfry.Change{{Kind: belfry.Created, Seq: 1, Notification: n}})
			k.same("from after it", k.changes("ada", between).Items, []belfry.Change{{Kind: belfry.Updated, Seq: 1, Notification: n}})
			k.same("for bob", k.changes("bob", start).Items[0].Notification.ReadAt, time.Time{})
		}},
		{"in pieces of every size, whoever follows has the list", inPieces},
		{"there is more when there is, and not when the last piece is just full", func(k *kit) {
			start := k.head("ada")
			k.tell("ada", "one")
			k.tellAll("all")
			for limit, more := range map[int]bool{1: true, 2: false, 3: false} {
				c, err := k.store.Changes(k.Context(), "ada", start, limit, k.now)
				k.ok("changes", err)
				k.same(fmt.Sprintf("more than %d", limit), c.More, more)
				k.same("number of items", len(c.Items), min(limit, 2))
			}
		}},
		{"limit 0 gives the head and the counts alone", func(k *kit) {
			start := k.head("ada")
			k.tell("ada", "one")
			c, err := k.store.Changes(k.Context(), "ada", start, 0, k.now)
			k.ok("changes", err)
			k.same("items", len(c.Items), 0)
			k.same("head", c.Head.Seq, int64(1))
			k.same("counts", c.Tally.Counts, belfry.Counts{Unread: 1, Unseen: 1})
		}},
		{"another database's cursor, and one from ahead, are reset", func(k *kit) {
			k.tell("ada", "one")
			head := k.head("ada")
			for _, cursor := range []belfry.Cursor{
				{Epoch: "another1", Seq: 1},
				{Epoch: "another1"},
				{Epoch: head.Epoch, Seq: 2},
				{Epoch: head.Epoch, Seq: 1, Broadcast: 1},
			} {
				c := k.changes("ada", cursor)
				k.same("reset of "+cursor.String(), c.Reset, belfry.ResetEpoch)
				k.same("items", len(c.Items), 0)
				k.same("head", c.Head, head)
				k.same("counts", c.Tally.Counts, belfry.Counts{Unread: 1, Unseen: 1})
			}
			k.same("reset at the head", k.changes("ada", head).Reset, belfry.ResetNone)
		}},
		{"what expired is not shown, though it has not been removed", func(k *kit) {
			start := k.head("ada")
			s := plain(belfry.ToUser("ada"), "short")
			s.ExpiresAt = k.now.Add(time.Second)
			k.send(s)
			s.To = belfry.ToAll()
			k.send(s)
			k.same("before its end", len(k.changes("ada", start).Items), 2)
			k.tick(time.Second)
			k.same("at its end", len(k.changes("ada", start).Items), 0)
		}},
		{"what was there at the cursor and is gone comes as Deleted, with nothing but its id", func(k *kit) {
			own, all := k.tell("ada", "own"), k.tellAll("all")
			start := k.head("ada")
			k.read("ada", own, all)
			k.retract(own)
			k.retract(all)
			k.same("items", k.changes("ada", start).Items, []belfry.Change{
				{Kind: belfry.Deleted, Broadcast: 2, Notification: belfry.Notification{ID: all}},
				{Kind: belfry.Deleted, Seq: 4, Notification: belfry.Notification{ID: own}},
			})
		}},
		{"others' logs do not move a person's", func(k *kit) {
			k.tell("ada", "one")
			head := k.head("ada")
			k.read("bob", k.tell("bob", "bob's"))
			k.same("ada's head", k.head("ada"), head)
		}},
	}
}

func appearsOnce(k *kit) {
	id := k.tell("ada", "one")
	start := k.head("ada")
	other := k.tell("ada", "two")
	k.read("ada", id)
	k.archive("ada", id)
	k.read("ada", other)
	k.same("items", k.changes("ada", start).Items, []belfry.Change{
		{Kind: belfry.Updated, Seq: 4, Notification: k.find("ada", id)},
		{Kind: belfry.Created, Seq: 5, Notification: k.find("ada", other)},
	})
}

// A mirror is what a client holds: a place in the log, and the inbox at that place.
type mirror struct {
	at   belfry.Cursor
	rows map[belfry.ID]belfry.Notification
}

// follow brings a mirror up to the head in pieces, and checks their order on the way. It reports false when the store
// says that the list must be loaded again.
func (r *mirror) follow(read func(after belfry.Cursor) (belfry.Changes, error)) (bool, error) {
	for range 100_000 {
		c, err := read(r.at)
		if err != nil || c.Reset != belfry.ResetNone {
			return false, err
		}
		for _, item := range c.Items {
			if err := r.apply(item, c.Head); err != nil {
				return false, err
			}
		}
		if !c.More {
			r.at = c.Head
			return true, nil
		}
		if len(c.Items) == 0 {
			return false, fmt.Errorf("no items after %v, but more", r.at)
		}
	}
	return false, fmt.Errorf("the changes after %v have no end", r.at)
}

func (r *mirror) apply(item belfry.Change, head belfry.Cursor) error {
	switch {
	case item.Seq > r.at.Seq && item.Broadcast == 0 && item.Seq <= head.Seq:
		r.at = belfry.Cursor{Epoch: r.at.Epoch, Seq: item.Seq, Broadcast: head.Broadcast}
	case item.Broadcast > r.at.Broadcast && item.Seq == 0 && item.Broadcast <= head.Broadcast:
		r.at.Broadcast = item.Broadcast
	default:
		return fmt.Errorf("after %v, with the head at %v, comes %d-%d", r.at, head, item.Seq, item.Broadcast)
	}
	switch id := item.Notification.ID; item.Kind {
	case belfry.Created, belfry.Updated:
		r.rows[id] = item.Notification
	case belfry.Deleted:
		delete(r.rows, id)
	default:
		return fmt.Errorf("the change %d-%d is of no kind", item.Seq, item.Broadcast)
	}
	return nil
}

// load returns a mirror of the list as it is.
func (k *kit) load(user string) *mirror {
	k.Helper()
	p := k.page(belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 10_000})
	r := &mirror{at: p.Cursor, rows: map[belfry.ID]belfry.Notification{}}
	for _, n := range p.Results {
		r.rows[n.ID] = n
	}
	return r
}

func inPieces(k *kit) {
	starts := []*mirror{k.load("ada")}
	var ids []belfry.ID
	for i := range 12 {
		ids = append(ids, k.tell("ada", fmt.Sprint("own ", i)), k.tellAll(fmt.Sprint("all ", i)))
		k.read("ada", ids[len(ids)/2])
		starts = append(starts, k.load("ada"))
	}
	k.retract(ids[4])
	k.retract(ids[7])
	want := k.load("ada")
	for _, start := range starts {
		for _, limit := range []int{1, 2, 3, 5, 100} {
			r := &mirror{at: start.at, rows: maps.Clone(start.rows)}
			whole, err := r.follow(func(after belfry.Cursor) (belfry.Changes, error) {
				return k.store.Changes(k.Context(), "ada", after, limit, k.now)
			})
			k.ok("follow", err)
			k.same("followed without a reset", whole, true)
			k.same("the mirror", r.rows, want.rows)
			k.same("its place", r.at, want.at)
		}
	}
}
