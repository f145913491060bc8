package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
)

func deviceCases() []Case {
	return []Case{
		{Name: "devices: read on one is told to the other", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			here, there := p.listen("", nil), p.listen("", nil)
			p.patch(id, obj{"read": true})
			equal(t, "update", here.wantNote("update", id).raw, there.wantNote("update", id).raw)
			here.wantCounts(p.base, 0, 1)
			there.wantCounts(p.base, 0, 1)
		}},
		{Name: "devices: all have the same ids", Run: func(t *T) {
			p := t.person()
			var streams []*listener
			for range 5 {
				streams = append(streams, p.listen("", nil))
			}
			for range 5 {
				p.send("A", nil)
			}
			for range 5 {
				ids := map[string]bool{}
				for _, l := range streams {
					ids[l.want("message").ID] = true
				}
				equal(t, "different ids of one event", 1, len(ids))
			}
		}},
		{Name: "devices: converge whatever they do at once", Run: converge},
		{Name: "devices: mark all on one empties the badge of the other", Run: func(t *T) {
			p := t.person()
			for range 5 {
				p.send("A", nil)
			}
			l := p.listen("", nil)
			p.mark(obj{"state": "read", "all": true, "category": p.category})
			for range 5 {
				l.want("update")
			}
			l.wantCounts(p.base, 0, 5)
		}},
	}
}

// converge has three devices act at random at the same time; each follows its stream and must end where the list is.
func converge(t *T) {
	p := t.person()
	var ids []string
	state := map[string]string{}
	for i := range 8 {
		ids = append(ids, p.send(fmt.Sprint("A", i), nil))
	}
	maps.Copy(state, p.snapshot())
	var streams []*listener
	for range 3 {
		streams = append(streams, p.resume(p.cursor()))
	}
	t.atOnce(3, func(int) int {
		for range 12 {
			id, on := ids[rand.IntN(len(ids))], rand.IntN(2) == 0
			switch rand.IntN(5) {
			case 0:
				p.send("more", nil)
			case 1:
				t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent, http.StatusNotFound)
			default:
				p.call(http.MethodPatch, notificationPath(id), obj{[]string{"seen", "read", "archived"}[rand.IntN(3)]: on}).is(http.StatusOK, http.StatusNotFound)
			}
		}
		return 0
	})
	want := p.snapshot()
	end := p.send("sentinel", nil)
	for i, l := range streams {
		mine := maps.Clone(state)
		l.follow(mine, end)
		sameInbox(t, fmt.Sprint("inbox of device ", i), want, mine)
	}
	l := p.list("state=all&limit=200")
	l.Results = slices.DeleteFunc(l.Results, func(n note) bool { return n.ArchivedAt != nil })
	unread := 0
	for _, n := range l.Results {
		if n.ReadAt == nil {
			unread++
		}
	}
	equal(t, "unread agrees with the rows", unread, counts{l.Unread, l.Unseen}.minus(p.base).Unread)
}

func joinCases() []Case {
	return []Case{
		{Name: "join: list, then stream from its cursor, while sends go on", Run: func(t *T) { join(t, 1) }},
		{Name: "join: many devices join while sends go on", Run: func(t *T) { join(t, 6) }},
		{Name: "join: live streams of many people get each their own", Run: func(t *T) {
			var people []*person
			var streams []*listener
			for range 10 {
				p := t.person()
				people = append(people, p)
				streams = append(streams, p.listen("", nil))
			}
			t.atOnce(len(people), func(i int) int {
				for range 10 {
					people[i].send("A", nil)
				}
				return 0
			})
			for i, l := range streams {
				var got []string
				for range 10 {
					got = append(got, l.want("message").text("id"))
				}
				slices.Reverse(got)
				equal(t, "ids", fmt.Sprint(people[i].ids("")), fmt.Sprint(got))
			}
		}},
		{Name: "join: sends by many at once come in the order of their numbers", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			t.atOnce(8, func(int) int {
				for range 8 {
					p.send("A", nil)
				}
				return 0
			})
			last := position(l.first.ID)
			for range 64 {
				e := l.want("message")
				equal(t, "place", last+1, position(e.ID))
				last++
			}
			l.wantCounts(p.base, 64, 64)
		}},
	}
}

// join has devices load the list and open the stream while sends go on: list and stream together must hold every
// notification exactly once.
func join(t *T, devices int) {
	const sends = 60
	p := t.person()
	var sending sync.WaitGroup
	sending.Go(func() {
		t.guard(func() {
			for i := range sends {
				p.send(fmt.Sprint("A", i), nil)
			}
		})
	})
	got := make([]map[string]int, devices)
	streams := make([]*listener, devices)
	for i := range streams {
		got[i] = map[string]int{}
		page := p.list("limit=200")
		for _, n := range page.Results {
			got[i][n.ID]++
		}
		streams[i] = p.resume(page.Cursor)
	}
	sending.Wait()
	end := p.send("sentinel", nil)
	want := p.ids("limit=200")
	for i, l := range streams {
		for {
			id := l.want("message").text("id")
			got[i][id]++
			if id == end {
				break
			}
		}
		for _, id := range want {
			if got[i][id] != 1 {
				t.Errorf("device %d has %s %d times, want once", i, id, got[i][id])
			}
		}
	}
}
