package api_test

import "testing"

// What is stored is answered, and decides what comes in; critical ignores it.
func TestPreferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/api/v1/notifications/preferences/"
	if a := w.want(200, w.do("GET", path, nil, asUser("42"))); a.body != `{"categories":{}}` {
		t.Errorf("got %s before anything was said", a.body)
	}
	const body = `{"categories":{"*":{"in_app":false},"order":{"email":false,"in_app":true},"order.old":{"in_app":false},"empty":{}}}`
	const stored = `{"categories":{"*":{"in_app":false},"order":{"email":false,"in_app":true},"order.old":{"in_app":false}}}`
	if a := w.want(200, w.do("PUT", path, body, asUser("42"))); a.body != stored {
		t.Errorf("got %s, want %s", a.body, stored)
	}
	if a := w.want(200, w.do("GET", path, nil, asUser("42"))); a.body != stored {
		t.Errorf("got %s, want %s", a.body, stored)
	}
	for category, title := range map[string]string{"news": "muted", "order.new": "wanted", "order.old": "muted"} {
		w.send(map[string]any{"to": "42", "category": category, "title": title})
	}
	w.send(map[string]any{"to": "42", "category": "news", "title": "critical", "priority": "critical"})
	if p := w.list("42", ""); titles(p) != "critical wanted" || p.Unread != 2 {
		t.Errorf("got %q with %d unread, want the wanted and the critical one", titles(p), p.Unread)
	}
	if a := w.want(200, w.do("PUT", path, `{"categories":{}}`, asUser("42"))); a.body != `{"categories":{}}` {
		t.Errorf("got %s after clearing", a.body)
	}
}

func TestPreferencesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]string{
		`{}`:                  "categories",
		`{"categories":null}`: "categories",
		`{"categories":[]}`:   "categories",
		`{"categories":{"Order":{"email":false}}}`: "categories.Order",
		`{"categories":{"order":{"sms":true}}}`:    "categories.order.sms",
		`{"categories":{"order":{"email":null}}}`:  "categories.order.email",
		`{"categories":{"order":{"email":"no"}}}`:  "categories.order.email",
		`{"categories":{"order":true}}`:            "categories.order",
		`{"categories":{"a":{},"a":{}}}`:           "categories.a",
		`{"order":{"email":false}}`:                "order",
	} {
		a := w.want(422, w.do("PUT", "/api/v1/notifications/preferences/", body, asUser("42")))
		if got := into[problem](w, a).fields(); got != want {
			t.Errorf("%s: got fault in %q, want in %q", body, got, want)
		}
	}
}
