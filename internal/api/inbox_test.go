package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type countsAt struct {
	Changed, Unread, Unseen int
	Cursor                  string
}

// Pages follow each other without gap or double, whatever their size; the last has no next.
func TestListPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 25 {
		to := any("42")
		if i%4 == 0 {
			to = map[string]any{"all": true}
		}
		w.send(map[string]any{"to": to, "title": fmt.Sprint(i)})
	}
	// Of an own one and a broadcast in the same millisecond the own one stands first, so the order is the list's to say.
	want := strings.Fields(titles(w.list("42", "?limit=200")))
	if sorted := slices.Compact(slices.Sorted(slices.Values(want))); len(sorted) != 25 {
		t.Fatalf("got %d different notifications, want 25", len(sorted))
	}
	for _, limit := range []int{1, 2, 7, 24, 25, 200} {
		var got []string
		before := ""
		for {
			p := w.list("42", fmt.Sprintf("?limit=%d&before=%s", limit, before))
			got = append(got, strings.Fields(titles(p))...)
			if p.Unread != 25 {
				t.Fatalf("limit %d: got %d unread on a page, want 25", limit, p.Unread)
			}
			if p.Next == nil {
				break
			}
			before = *p.Next
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	if got := len(w.list("42", "").Results); got != 25 {
		t.Errorf("got %d on the default page, want 25", got)
	}
	at := w.list("42", "").Cursor
	w.send(map[string]any{"to": "42", "title": "after"})
	if got := titles(w.list("42", "?after="+at)); got != "after" {
		t.Errorf("after the cursor: got %q", got)
	}
}

// The filters show what they say.
func TestListFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for title, set := range map[string]string{
		"unread": ``, "read": `{"read":true}`, "archived": `{"archived":true}`, "both": `{"read":true,"archived":true}`,
	} {
		id := w.send(map[string]any{"to": "42", "title": title, "category": "order." + title}).ID
		if set != "" {
			w.want(200, w.do("PATCH", "/api/v1/notifications/"+id+"/", set, asUser("42")))
		}
	}
	w.send(map[string]any{"to": "42", "title": "orders", "category": "orders"})
	for query, want := range map[string]string{
		"":                                "orders read unread",
		"?state=":                         "orders read unread",
		"?state=unread":                   "orders unread",
		"?state=read":                     "read",
		"?state=archived":                 "archived both",
		"?state=all":                      "archived both orders read unread",
		"?state=all&category=order":       "archived both read unread",
		"?state=all&category=order.both":  "both",
		"?state=all&category=order.other": "",
	} {
		got := strings.Fields(titles(w.list("42", query)))
		for _, title := range strings.Fields(want) {
			if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+title+" ") {
				t.Errorf("%q: got %v, want %q", query, got, want)
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("%q: got %v, want %q", query, got, want)
		}
	}
	if p := w.list("42", ""); p.Unread != 2 {
		t.Errorf("got %d unread, want 2: archived ones do not count", p.Unread)
	}
}

// A query that can't be meant is refused by its name.
func TestListQueryRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, want := range map[string]string{
		"?limit=0": "limit", "?limit=201": "limit", "?limit=-1": "limit", "?limit=ten": "limit", "?limit=1e2": "limit",
		"?limit=99999999999999999999": "limit", "?limit=1&limit=2": "limit",
		"?before=x": "before", "?before=-1-0": "before", "?after=1": "after", "?after=" + strings.Repeat("9", 300): "after",
		"?state=new": "state", "?state=READ": "state", "?category=Order": "category", "?category=order.": "category",
		"?stat=unread": "stat", "?limit=0&state=x": "limit,state", "?b=1&a=2": "a,b",
	} {
		p := into[problem](w, w.want(422, w.do("GET", "/api/v1/notifications/"+query, nil, asUser("42"))))
		got := strings.Split(p.fields(), ",")
		for _, field := range strings.Split(want, ",") {
			if !strings.Contains(","+p.fields()+",", ","+field+",") || len(got) != len(strings.Split(want, ",")) {
				t.Errorf("%s: got faults in %v, want in %s", query, got, want)
			}
		}
	}
	for _, query := range []string{"?limit=%zz", "?a;b"} {
		w.want(400, w.do("GET", "/api/v1/notifications/"+query, nil, asUser("42")))
	}
}

// States are independent; setting one twice keeps its time; taking it back restores the counts.
func TestPatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.send(map[string]any{"to": "42"}).ID
	type states struct {
		SeenAt     *string `json:"seen_at"`
		ReadAt     *string `json:"read_at"`
		ArchivedAt *string `json:"archived_at"`
	}
	patch := func(body string) states {
		return into[states](w, w.want(200, w.do("PATCH", "/api/v1/notifications/"+id+"/", body, asUser("42"))))
	}
	read := patch(`{"read":true}`)
	if read.ReadAt == nil || read.SeenAt != nil || read.ArchivedAt != nil {
		t.Errorf("read: got %+v, want read_at alone", read)
	}
	if again := patch(`{"read":true}`); again.ReadAt == nil || *again.ReadAt != *read.ReadAt {
		t.Errorf("read again: got %v, want the first time", again.ReadAt)
	}
	if p := w.list("42", ""); p.Unread != 0 || p.Unseen != 1 {
		t.Errorf("got %d unread, %d unseen; want 0, 1", p.Unread, p.Unseen)
	}
	all := patch(`{"read":false,"seen":true,"archived":true}`)
	if all.ReadAt != nil || all.SeenAt == nil || all.ArchivedAt == nil {
		t.Errorf("got %+v, want all but read", all)
	}
	if back := patch(`{"archived":false,"read":null}`); back.ArchivedAt != nil {
		t.Errorf("got %+v, want it back in the inbox", back)
	}
	if p := w.list("42", ""); p.Unread != 1 || p.Unseen != 0 {
		t.Errorf("got %d unread, %d unseen; want 1, 0", p.Unread, p.Unseen)
	}
}

func TestPatchRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.send(map[string]any{"to": "42"}).ID
	for body, want := range map[string]string{
		`{}`: "read", `{"read":null}`: "read", `null`: "", `{"read":"yes"}`: "read", `{"read":1}`: "read", `{"title":"x"}`: "title", `[]`: "",
	} {
		if got := into[problem](w, w.want(422, w.do("PATCH", "/api/v1/notifications/"+id+"/", body, asUser("42")))).fields(); got != want {
			t.Errorf("%s: got fault in %q, want in %q", body, got, want)
		}
	}
	w.want(404, w.do("PATCH", "/api/v1/notifications/"+id+"/", `{"read":true}`, asUser("another")))
	w.want(404, w.do("PATCH", "/api/v1/notifications/"+unknownID+"/", `{"read":true}`, asUser("42")))
	w.want(404, w.do("PATCH", "/api/v1/notifications/xyz/", `{"read":true}`, asUser("42")))
	if p := w.list("42", ""); p.Unread != 1 {
		t.Errorf("got %d unread, want 1: nobody else may read it", p.Unread)
	}
}

// Named ones or all, in one category or everywhere; the answer has the counts after it.
func TestMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []string
	for i := range 6 {
		category := "order.new"
		if i%2 == 0 {
			category = "news"
		}
		ids = append(ids, w.send(map[string]any{"to": "42", "category": category}).ID)
	}
	w.send(map[string]any{"to": map[string]any{"all": true}, "category": "news"})
	mark := func(body any) countsAt {
		return into[countsAt](w, w.want(200, w.do("POST", "/api/v1/notifications/mark/", body, asUser("42"))))
	}
	for _, c := range []struct {
		body string
		want [3]int // changed, unread, unseen
	}{
		{`{"state":"read","ids":["` + ids[0] + `","` + ids[0] + `","` + unknownID + `"]}`, [3]int{1, 6, 7}},
		{`{"state":"read","ids":["` + strings.ToUpper(ids[0]) + `"]}`, [3]int{0, 6, 7}},
		{`{"state":"seen","ids":[]}`, [3]int{0, 6, 7}},
		{`{"state":"seen","all":true,"category":"order"}`, [3]int{3, 6, 4}},
		{`{"state":"archived","ids":["` + ids[1] + `"]}`, [3]int{1, 5, 4}},
		{`{"state":"read","all":true}`, [3]int{6, 0, 4}},
		{`{"state":"read","all":true}`, [3]int{0, 0, 4}},
		{`{"state":"seen","all":true}`, [3]int{4, 0, 0}},
	} {
		got := mark(c.body)
		if [3]int{got.Changed, got.Unread, got.Unseen} != c.want {
			t.Errorf("%s: got %+v, want %v", c.body, got, c.want)
		}
	}
	counts := into[countsAt](w, w.want(200, w.do("GET", "/api/v1/notifications/counts/", nil, asUser("42"))))
	if counts.Unread != 0 || counts.Unseen != 0 || counts.Cursor != w.list("42", "").Cursor {
		t.Errorf("got %+v, want no counts at the list's cursor", counts)
	}
}

// Marking all goes on until all is done, however many there are.
func TestMarkAllOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var items []map[string]any
	for range 1000 {
		items = append(items, map[string]any{"to": "42", "category": "order", "title": "t"})
	}
	for range 2 {
		w.want(200, w.do("POST", "/api/v1/notifications/bulk/", map[string]any{"notifications": items}, asApp))
	}
	got := into[countsAt](w, w.want(200, w.do("POST", "/api/v1/notifications/mark/", `{"state":"read","all":true}`, asUser("42"))))
	if got.Changed != 2000 || got.Unread != 0 || got.Unseen != 2000 {
		t.Errorf("got %+v, want 2000 changed, none unread", got)
	}
}

func TestMarkRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := `"` + unknownID + `"`
	for body, want := range map[string]string{
		`{}`:                            "state,ids",
		`{"state":"read"}`:              "ids",
		`{"state":"read","all":null}`:   "ids",
		`{"state":"unread","all":true}`: "state",
		`{"state":"read","ids":[` + id + `],"all":true}`:                     "all",
		`{"state":"read","ids":["x"]}`:                                       "ids[0]",
		`{"state":"read","ids":[` + id + `,7]}`:                              "ids[1]",
		`{"state":"read","ids":` + id + `}`:                                  "ids",
		`{"state":"read","ids":[` + id + `],"category":"a"}`:                 "category",
		`{"state":"read","all":true,"category":"A"}`:                         "category",
		`{"state":"read","all":"yes"}`:                                       "all",
		`{"state":"read","all":true,"before":"x"}`:                           "before",
		`{"state":"read","ids":[` + strings.Repeat(id+",", 1000) + id + `]}`: "ids",
	} {
		if got := into[problem](w, w.want(422, w.do("POST", "/api/v1/notifications/mark/", body, asUser("42")))).fields(); got != want {
			t.Errorf("%.80s: got fault in %q, want in %q", body, got, want)
		}
	}
}
