package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// mark marks and returns how many changed, with the counts of the answer.
func (p *person) mark(body obj) (int, counts) {
	var m struct {
		Changed        int
		Unread, Unseen int
	}
	a := p.call(http.MethodPost, markPath, body).is(http.StatusOK)
	a.object("changed", "unread", "unseen", "cursor")
	a.into(&m)
	return m.Changed, counts{m.Unread, m.Unseen}.minus(p.base)
}

func (p *person) wantMark(body obj, changed, unread, unseen int) {
	n, c := p.mark(body)
	equal(p.t, "changed by "+bodyText(body), changed, n)
	equal(p.t, "counts after "+bodyText(body), counts{unread, unseen}, c)
	p.wantCounts(unread, unseen)
}

func markCases() []Case {
	return []Case{
		{Name: "mark: the named ones", Run: func(t *T) {
			p := t.person()
			a, b := p.send("A", nil), p.send("B", nil)
			p.send("C", nil)
			p.wantMark(obj{"state": "read", "ids": []string{a, b}}, 2, 1, 3)
			p.wantMark(obj{"state": "read", "ids": []string{a, b}}, 0, 1, 3)
		}},
		{Name: "mark: every state", Run: func(t *T) {
			p := t.person()
			ids := []string{p.send("A", nil)}
			p.wantMark(obj{"state": "seen", "ids": ids}, 1, 1, 0)
			p.wantMark(obj{"state": "read", "ids": ids}, 1, 0, 0)
			p.wantMark(obj{"state": "archived", "ids": ids}, 1, 0, 0)
			equal(t, "states", "seen true, read true, archived true", p.list("state=all").Results[0].stamps())
		}},
		{Name: "mark: an id twice is changed once", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			p.wantMark(obj{"state": "read", "ids": []string{id, id}}, 1, 0, 1)
		}},
		{Name: "mark: what is not in the inbox is passed over", Run: func(t *T) {
			p, q := t.person(), t.person()
			p.wantMark(obj{"state": "read", "ids": []string{unknownID, q.send("B", nil), p.send("A", nil)}}, 1, 0, 1)
			q.wantCounts(1, 1)
		}},
		{Name: "mark: all of a category and those below it", Run: func(t *T) {
			p := t.person()
			for _, category := range []string{p.category, p.category + ".a", p.category + "x"} {
				p.send("A", obj{"category": category})
			}
			p.wantMark(obj{"state": "read", "all": true, "category": p.category}, 2, 1, 3)
		}},
		{Name: "mark: all of a category of which there is nothing", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			p.wantMark(obj{"state": "read", "all": true, "category": "c" + unique()}, 0, 1, 1)
		}},
	}
}

func markAllCases() []Case {
	return []Case{
		{Name: "mark: all", Run: func(t *T) {
			p := t.person()
			for range 4 {
				p.send("A", nil)
			}
			p.patch(p.send("B", nil), obj{"read": true})
			n, _ := p.mark(obj{"state": "read", "all": true})
			equal(t, "changed", 4+p.base.Unread, n)
			equal(t, "unread", 0, p.counts().Unread+p.base.Unread)
			n, _ = p.mark(obj{"state": "read", "all": true})
			equal(t, "changed the second time", 0, n)
		}},
		{Name: "mark: all of more than a thousand", Run: func(t *T) {
			p := t.person()
			for range 2 {
				sends := make([]any, 600)
				for i := range sends {
					sends[i] = p.body("A", nil)
				}
				t.bulk(sends)
			}
			p.wantMark(obj{"state": "read", "all": true, "category": p.category}, 1200, 0, 1200)
		}},
		{Name: "mark: what is archived is marked no more by all than it shows", Run: func(t *T) {
			p := t.person()
			p.patch(p.send("A", nil), obj{"archived": true})
			p.send("B", nil)
			if n, _ := p.mark(obj{"state": "read", "all": true, "category": p.category}); n < 1 || n > 2 {
				t.Errorf("changed: want the one in the inbox, perhaps the archived one, got %d", n)
			}
			p.wantCounts(0, 1)
		}},
		{Name: "mark: two devices at once change each once", Run: func(t *T) {
			p := t.person()
			for range 20 {
				p.send("A", nil)
			}
			total := 0
			for _, n := range t.atOnce(4, func(int) int { n, _ := p.mark(obj{"state": "read", "all": true, "category": p.category}); return n }) {
				total += n
			}
			equal(t, "changed by all devices", 20, total)
			p.wantCounts(0, 20)
		}},
		{Name: "mark: streams tell every change, in order", Run: func(t *T) {
			p := t.person()
			ids := []string{p.send("A", nil), p.send("B", nil), p.send("C", nil)}
			l := p.listen("", nil)
			p.mark(obj{"state": "read", "ids": ids})
			told := map[string]bool{}
			last := position(l.first.ID)
			for range ids {
				e := l.want("update")
				equal(t, "place", last+1, position(e.ID))
				last = position(e.ID)
				told[e.text("id")] = e.data["read_at"] != nil
			}
			equal(t, "told", fmt.Sprint(map[string]bool{ids[0]: true, ids[1]: true, ids[2]: true}), fmt.Sprint(told))
			l.wantCounts(p.base, 0, 3)
		}},
	}
}

func markRefusedCases() []Case {
	var cases []Case
	for _, w := range []wrong{
		{"an unknown state", "state", obj{"state": "unread", "all": true}},
		{"no state", "state", obj{"all": true}},
		{"an id that is none", "ids[1]", obj{"state": "read", "ids": []string{unknownID, "42"}}},
		{"ids a string", "ids", obj{"state": "read", "ids": unknownID}},
		{"all a string", "all", obj{"state": "read", "all": "yes"}},
		{"a category that is none", "category", obj{"state": "read", "all": true, "category": "Order"}},
		{"an unknown member", "user_id", obj{"state": "read", "all": true, "user_id": "x"}},
	} {
		cases = append(cases, Case{Name: "mark refused: " + w.name, Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			p.call(http.MethodPost, markPath, w.more).blames(w.field)
			p.wantCounts(1, 1)
		}})
	}
	return append(cases, Case{Name: "mark refused: neither ids nor all, or both", Run: func(t *T) {
		p := t.person()
		id := p.send("A", nil)
		for _, body := range []obj{{"state": "read"}, {"state": "read", "all": false}, {"state": "read", "ids": []string{id}, "all": true}} {
			if a := p.call(http.MethodPost, markPath, body).is(http.StatusUnprocessableEntity); !strings.Contains(string(a.body), "ids") && !strings.Contains(string(a.body), "all") {
				t.Errorf("the refusal of %s names neither field: %s", bodyText(body), a.body)
			}
		}
		p.wantCounts(1, 1)
	}})
}
