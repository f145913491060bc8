package conformance

import (
	"fmt"
	"net/http"
)

// A bulkResult is one of a bulk answer.
type bulkResult struct {
	Status   int
	ID       string
	Accepted int
	Title    string
	Errors   []struct{ Field, Message string }
}

func (t *T) bulk(sends []any) []bulkResult {
	var b struct{ Results []bulkResult }
	t.app(http.MethodPost, bulkPath, obj{"notifications": sends}).is(http.StatusOK).into(&b)
	if len(b.Results) != len(sends) {
		t.Fatalf("results: want %d, got %d", len(sends), len(b.Results))
	}
	return b.Results
}

func bulkCases() []Case {
	return []Case{
		{Name: "bulk: each is accepted or refused by itself, in order", Run: bulkMixed},
		{Name: "bulk: a thousand", Run: func(t *T) {
			p := t.person()
			sends := make([]any, 1000)
			for i := range sends {
				sends[i] = p.body(fmt.Sprint("A", i), nil)
			}
			t.bulk(sends)
			p.wantCounts(1000, 1000)
			equal(t, "title of the newest", "A999", p.list("limit=1").Results[0].Title)
		}},
		{Name: "bulk: 1,001 are refused whole", Run: func(t *T) {
			p := t.person()
			sends := make([]any, 1001)
			for i := range sends {
				sends[i] = p.body("A", nil)
			}
			t.app(http.MethodPost, bulkPath, obj{"notifications": sends}).is(http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
			p.wantCounts(0, 0)
		}},
		{Name: "bulk: an unknown member beside notifications is a 422", Run: func(t *T) {
			t.app(http.MethodPost, bulkPath, obj{"notifications": []obj{}, "dry_run": true}).blames("dry_run")
		}},
		{Name: "bulk: notifications that are no list are a 422", Run: func(t *T) {
			t.app(http.MethodPost, bulkPath, obj{"notifications": obj{}}).blames("notifications")
			t.app(http.MethodPost, bulkPath, obj{}).blames("notifications")
		}},
		{Name: "bulk: an item that is no object stops no other", Run: func(t *T) {
			p := t.person()
			r := t.bulk([]any{7, p.body("A", nil)})
			equal(t, "status of a number", http.StatusUnprocessableEntity, r[0].Status)
			equal(t, "status of a send", http.StatusCreated, r[1].Status)
			p.wantCounts(1, 1)
		}},
		{Name: "bulk: streams bring it in order", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			r := t.bulk([]any{p.body("A", nil), p.body("B", nil), p.body("C", nil)})
			for i := range r {
				l.wantNote("message", r[i].ID)
			}
		}},
	}
}

func bulkMixed(t *T) {
	p, q := t.person(), t.person()
	q.category = p.category
	r := t.bulk([]any{
		p.body("A", nil), p.body("", nil), q.body("B", nil), p.body("C", obj{"nonsense": 1}), p.body("D", obj{"to": []string{p.id, "a\nb"}}), p.body("E", obj{"to": []string{p.id, q.id}}),
	})
	for i, want := range []int{201, 422, 201, 422, 422, 201} {
		equal(t, fmt.Sprintf("status of result %d", i), want, r[i].Status)
	}
	for i, field := range map[int]string{1: "title", 3: "nonsense", 4: "to[1]"} {
		if len(r[i].Errors) != 1 || r[i].Errors[0].Field != field {
			t.Errorf("errors of result %d: want %q, got %+v", i, field, r[i].Errors)
		}
	}
	equal(t, "accepted of result 5", 2, r[5].Accepted)
	p.wantCounts(2, 2)
	q.wantCounts(2, 2)
	if l := p.list("").Results; len(l) != 2 || l[1].ID != r[0].ID || l[0].Title != "E" {
		t.Errorf("want E and A, newest first, got %+v", l)
	}
}
