package api_test

import (
	"fmt"
	"strings"
	"testing"
)

type bulkResult struct {
	Results []struct {
		accepted
		problem
	}
}

// Each item is accepted or refused by itself, at its own place.
func TestBulk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.want(200, w.do("POST", "/api/v1/notifications/bulk/", `{"notifications":[
		{"to":"42","category":"order","title":"first"},
		{"to":"42","category":"order"},
		{"to":"42","category":"order","title":"t","nope":1},
		{"to":"42","category":"order","title":"t","title":"t"},
		{"to":"42","category":"order","title":"`+"\xff"+`"},
		{"to":["42",3],"category":"order","title":"t"},
		7,
		{"to":{"topic":"staff"},"category":"order","title":"t"},
		{"to":["42","43"],"category":"order","title":"last"}]}`, asApp))
	r := into[bulkResult](w, a)
	want := []string{"201 ", "422 title", "422 nope", "422 title", "422 title", "422 to[1]", "422 ", "422 to.topic", "201 "}
	if len(r.Results) != len(want) {
		t.Fatalf("got %d results, want %d: %s", len(r.Results), len(want), a.body)
	}
	for i, got := range r.Results {
		if g := fmt.Sprintf("%d %s", got.Status, got.fields()); g != want[i] {
			t.Errorf("item %d: got %q, want %q", i, g, want[i])
		}
	}
	if got := titles(w.list("42", "")); got != "last first" {
		t.Errorf("got %q, want the accepted ones in their order", got)
	}
}

// What is wrong with the envelope refuses all.
func TestBulkEnvelope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := `{"to":"42","category":"order","title":"t"}`
	many := func(n int) string { return `{"notifications":[` + strings.Repeat(item+",", n-1) + item + `]}` }
	for _, c := range []struct {
		body   string
		status int
		field  string
	}{
		{`{}`, 422, "notifications"},
		{`{"notifications":[]}`, 422, "notifications"},
		{`{"notifications":null}`, 422, "notifications"},
		{`{"notifications":{}}`, 422, "notifications"},
		{`{"notifications":"x"}`, 422, "notifications"},
		{`{"sends":[]}`, 422, "sends"},
		{`{"notifications":[` + item + `],"more":1}`, 422, "more"},
		{`{"notifications":[` + item + `],"notifications":[]}`, 422, "notifications"},
		{many(1001), 422, "notifications"},
		{`[]`, 422, ""},
		{`"x"`, 422, ""},
		{`null`, 422, ""},
		{`{"notifications":[` + item, 400, ""},
		{`{"notifications":[` + item + `}`, 400, ""},
		{`{"notifications":[` + item + ` ` + item + `]}`, 400, ""},
		{`{"notifications"`, 400, ""},
		{`{`, 400, ""},
		{`[`, 400, ""},
		{`x`, 400, ""},
		{``, 400, ""},
		{`{"notifications":[` + item + `]} x`, 400, ""},
	} {
		a := w.do("POST", "/api/v1/notifications/bulk/", c.body, asApp)
		if got := into[problem](w, a); a.StatusCode != c.status || got.fields() != c.field {
			t.Errorf("%.80s: got %d, fault in %q; want %d, %q: %s", c.body, a.StatusCode, got.fields(), c.status, c.field, a.body)
		}
	}
	if got := w.list("42", ""); len(got.Results) != 0 {
		t.Errorf("refused bulks left %d notifications", len(got.Results))
	}
	if got := into[bulkResult](w, w.want(200, w.do("POST", "/api/v1/notifications/bulk/", many(1000), asApp))); len(got.Results) != 1000 {
		t.Errorf("got %d results, want 1000", len(got.Results))
	}
}

// A bulk with many people goes through several transactions, and keeps its order.
func TestBulkOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	users := make([]string, 900)
	for i := range users {
		users[i] = fmt.Sprintf("u%d", i)
	}
	var items []map[string]any
	for i := range 6 {
		items = append(items, map[string]any{"to": users, "category": "order", "title": fmt.Sprint(i)})
	}
	r := into[bulkResult](w, w.want(200, w.do("POST", "/api/v1/notifications/bulk/", map[string]any{"notifications": items}, asApp)))
	for i, got := range r.Results {
		if got.Accepted != len(users) {
			t.Errorf("item %d: got %d accepted, want %d", i, got.Accepted, len(users))
		}
	}
	if got := titles(w.list("u899", "")); got != "5 4 3 2 1 0" {
		t.Errorf("got %q, want all in order", got)
	}
}

// A bulk under an Idempotency-Key is done once, item by item.
func TestBulkIdempotency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const body = `{"notifications":[{"to":"42","category":"order","title":"a"},{"to":"42"},{"to":"42","category":"order","title":"b"}]}`
	bulk := func(body string) answer {
		return w.do("POST", "/api/v1/notifications/bulk/", body, asApp, header("Idempotency-Key", "k"))
	}
	first, again := w.want(200, bulk(body)), w.want(200, bulk(body))
	if first.body != again.body || first.Header.Get("Idempotency-Replay") != "" || again.Header.Get("Idempotency-Replay") != "true" {
		t.Errorf("got %s, then %s; want the same again, marked", first.body, again.body)
	}
	if got := titles(w.list("42", "")); got != "b a" {
		t.Errorf("got %q, want each once", got)
	}
	if got := into[problem](w, w.want(422, bulk(strings.Replace(body, `"a"`, `"c"`, 1)))).fields(); got != "Idempotency-Key" {
		t.Errorf("another body: got fault in %q, want in Idempotency-Key", got)
	}
}
