package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// position is the middle part of a cursor: the place in the person's own log.
func position(cursor string) int {
	parts := strings.Split(cursor, "-")
	if len(parts) != 3 {
		return -1
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return -1
	}
	return n
}

func listCases() []Case {
	return []Case{
		{Name: "list: of a new person is empty, not null", Run: func(t *T) {
			p := t.stranger()
			o := p.get(notificationsPath+"?category="+p.category).object("results", "next", "cursor", "unread", "unseen")
			equal(t, "results", "[]", bodyText(o["results"]))
			equal(t, "next", any(nil), o["next"])
			if cursor, _ := o["cursor"].(string); !isCursor(cursor) {
				t.Errorf("cursor: got %q", cursor)
			}
		}},
		{Name: "list: newest first", Run: func(t *T) {
			p := t.person()
			a, b, c := p.send("A", nil), p.send("B", nil), p.send("C", nil)
			equal(t, "list", fmt.Sprint([]string{c, b, a}), fmt.Sprint(p.ids("")))
		}},
		{Name: "list: by state", Run: listStates},
		{Name: "list: a category covers those below it and no other", Run: func(t *T) {
			p := t.person()
			root := p.category
			for _, category := range []string{root, root + ".a", root + ".a.b", root + "x", root + "_a"} {
				p.send(category, obj{"category": category})
			}
			equal(t, "of "+root, 3, len(p.ids("")))
			p.category = root + ".a"
			equal(t, "of "+p.category, 2, len(p.ids("")))
			p.category = root + ".a.b"
			equal(t, "of "+p.category, 1, len(p.ids("")))
			p.category = root + "."
			p.call(http.MethodGet, notificationsPath+"?category="+p.category, nil).blames("category")
		}},
		{Name: "list: rows, counts and cursor are of one moment", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			id := p.send("B", nil)
			p.patch(id, obj{"read": true})
			l := p.list("")
			equal(t, "counts", counts{1, 2}, counts{l.Unread, l.Unseen}.minus(p.base))
			equal(t, "cursor", p.cursor(), l.Cursor)
		}},
		{Name: "list: counts are of the whole inbox whatever is shown", Run: func(t *T) {
			p := t.person()
			for range 3 {
				p.send("A", nil)
			}
			l := p.list("limit=1&state=read")
			equal(t, "counts", counts{3, 3}, counts{l.Unread, l.Unseen}.minus(p.base))
		}},
		{Name: "list: another person's notifications are not in it", Run: func(t *T) {
			p, q := t.person(), t.person()
			q.category = p.category
			p.send("A", nil)
			equal(t, "rows", 0, len(q.ids("state=all")))
		}},
		{Name: "list: a row is what the stream brought, byte for byte", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A & <B> \"é\" 🔔", obj{"body": "a\r\nb\u2028", "data": obj{"x": []any{1.5, "\u0000", nil}}, "actor": obj{"name": "Ada"}})
			n := l.wantNote("message", id)
			equal(t, "the same notification", p.list("").Results[0].raw, n.raw)
		}},
		{Name: "counts: have a cursor of their moment", Run: func(t *T) {
			p := t.person()
			before := p.cursor()
			p.send("A", nil)
			o := p.get(countsPath).object("unread", "unseen", "cursor")
			if cursor, _ := o["cursor"].(string); !isCursor(cursor) || position(cursor) != position(before)+1 {
				t.Errorf("cursor: want one entry after %s, got %q", before, cursor)
			}
		}},
	}
}

func listRefusedCases() []Case {
	var cases []Case
	for _, q := range []struct{ query, field string }{
		{"limit=0", "limit"},
		{"limit=-1", "limit"},
		{"limit=x", "limit"},
		{"limit=1.5", "limit"},
		{"limit=100000000", "limit"},
		{"limit=9223372036854775808", "limit"},
		{"state=new", "state"},
		{"state=READ", "state"},
		{"before=x", "before"},
		{"before=1", "before"},
		{"before=-1-1", "before"},
		{"after=x", "after"},
		{"category=Order", "category"},
		{"category=a..b", "category"},
		{"category=%00", "category"},
	} {
		cases = append(cases, Case{Name: "list refused: " + q.query, Run: func(t *T) {
			t.person().call(http.MethodGet, notificationsPath+"?"+q.query, nil).blames(q.field)
		}})
	}
	return cases
}

func listStates(t *T) {
	p := t.person()
	plain, read, archived, both := p.send("plain", nil), p.send("read", nil), p.send("archived", nil), p.send("both", nil)
	p.patch(read, obj{"read": true})
	p.patch(archived, obj{"archived": true})
	p.patch(both, obj{"archived": true, "read": true})
	for query, want := range map[string][]string{
		"": {read, plain}, "state=unread": {plain}, "state=read": {read}, "state=archived": {both, archived}, "state=all": {both, archived, read, plain},
	} {
		if got := p.ids(query); !slices.Equal(want, got) {
			t.Errorf("?%s: want %v, got %v", query, want, got)
		}
	}
	p.wantCounts(1, 2)
}

func pageCases() []Case {
	return []Case{
		{Name: "page: a walk gives everything once, in order", Run: func(t *T) {
			for _, limit := range []int{1, 2, 3, 7, 8} {
				walk(t, limit, 7, func(*person) {})
			}
		}},
		{Name: "page: a walk is not moved by what arrives meanwhile", Run: func(t *T) {
			walk(t, 2, 9, func(p *person) { p.send("later", nil) })
		}},
		{Name: "page: a walk is not moved by what is read meanwhile", Run: func(t *T) {
			walk(t, 2, 9, func(p *person) {
				p.call(http.MethodPost, markPath, obj{"state": "read", "all": true}).is(http.StatusOK)
			})
		}},
		{Name: "page: next is null at the end, also when the last page is full", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			p.send("B", nil)
			if l := p.list("limit=2"); l.Next != nil && len(p.list("limit=2&before="+*l.Next).Results) == 0 {
				t.Errorf("next: want null after the last row, got %q", *l.Next)
			}
			if l := p.list("limit=1"); l.Next == nil {
				t.Errorf("next: want one before the last row")
			}
		}},
		{Name: "page: after gives only what came later", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			cursor := p.list("").Cursor
			b, c := p.send("B", nil), p.send("C", nil)
			equal(t, "list", fmt.Sprint([]string{c, b}), fmt.Sprint(p.ids("after="+cursor)))
		}},
		{Name: "page: limit is kept", Run: func(t *T) {
			p := t.person()
			for range 5 {
				p.send("A", nil)
			}
			for limit := 1; limit <= 6; limit++ {
				equal(t, fmt.Sprint("rows with limit ", limit), min(limit, 5), len(p.ids(fmt.Sprint("limit=", limit))))
			}
		}},
		{Name: "page: a cursor's place may stand for before", Run: func(t *T) {
			p := t.person()
			a := p.send("A", nil)
			cursor := p.list("").Cursor
			p.send("B", nil)
			if ids := p.ids("before=" + cursor); len(ids) > 1 || len(ids) == 1 && ids[0] != a {
				t.Errorf("before a cursor stands nothing newer than it, got %v", ids)
			}
		}},
	}
}

// walk pages through n notifications by next, with something done between the pages.
func walk(t *T, limit, n int, between func(*person)) {
	p := t.person()
	var want, got []string
	for i := range n {
		want = append(want, p.send(fmt.Sprint("A", i), nil))
	}
	slices.Reverse(want)
	l := p.list(fmt.Sprint("limit=", limit))
	for pages := 0; ; pages++ {
		for _, row := range l.Results {
			got = append(got, row.ID)
		}
		if l.Next == nil || pages > n {
			break
		}
		between(p)
		l = p.list(fmt.Sprintf("limit=%d&before=%s", limit, url.QueryEscape(*l.Next)))
	}
	if !slices.Equal(want, got) {
		t.Errorf("a walk by %d: want %v, got %v", limit, want, got)
	}
}
