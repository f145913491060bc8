package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

const unknownID = "01890a5d-ac96-774b-bcce-b302099a8057"

// What is sent stands in the person's list, whole.
func TestSendToOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.send(map[string]any{
		"to": "42", "title": `Order "1138" & <more>`, "body": "Due\non Friday.\u2028", "url": "/orders/1138", "data": map[string]any{"order": 1138},
		"actor": map[string]any{"id": "7", "name": "Ada", "avatar_url": "https://example.com/a.png"}, "priority": "high",
		"channels": []string{"in_app"},
	})
	if sent.Accepted != 1 || len(sent.Notifications) != 1 || sent.Notifications[0].ID != sent.ID || sent.Notifications[0].UserID != "42" {
		t.Errorf("got %+v, want one notification with the send's id", sent)
	}
	p := w.list("42", "")
	if p.Unread != 1 || p.Unseen != 1 || p.Next != nil || len(p.Results) != 1 {
		t.Fatalf("got page %+v, want one unread, unseen notification", p)
	}
	n := p.Results[0]
	if n.ID.String() != sent.ID || n.Title != `Order "1138" & <more>` || n.Body != "Due\non Friday.\u2028" || string(n.Data) != `{"order":1138}` ||
		n.Actor == nil || n.Actor.Name != "Ada" || n.Priority != belfry.High || n.URL != "/orders/1138" {
		t.Errorf("got %+v", n)
	}
	if got := w.list("43", ""); len(got.Results) != 0 {
		t.Errorf("another person sees %d notifications, want none", len(got.Results))
	}
}

// Several get one each, with their own ids; everyone gets one that is stored once.
func TestSendToSeveralAndAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	several := w.send(map[string]any{"to": []string{"a", "b", "a"}, "title": "several"})
	if several.Accepted != 2 || len(several.Notifications) != 2 || several.Notifications[1].UserID != "b" {
		t.Errorf("got %+v, want one for a and one for b", several)
	}
	all := w.send(map[string]any{"to": map[string]any{"all": true}, "title": "all"})
	if all.Accepted != 1 || len(all.Notifications) != 0 {
		t.Errorf("got %+v, want one acceptance without names", all)
	}
	for user, want := range map[string]string{"a": "all several", "b": "all several", "never heard of": "all"} {
		// In one millisecond a person's own stands before everyone's, so the order says nothing here.
		got := slices.Sorted(slices.Values(strings.Fields(titles(w.list(user, "")))))
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", user, got, want)
		}
	}
}

// A send that can't be honored is refused, and the answer names the field.
func TestSendRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	ago := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	base := `"category":"order","title":"t"`
	for body, want := range map[string]string{
		`{"to":"42",` + base + `,"nope":1}`:                              "nope",
		`{"to":"42",` + base + `,"Title":"x"}`:                           "Title",
		`{"to":"42",` + base + `,"title":"x"}`:                           "title",
		`{"to":"42","category":"order","title":7}`:                       "title",
		`{"to":"42","category":"order","title":""}`:                      "title",
		`{"to":"42","title":"t"}`:                                        "category",
		`{"to":"42","category":"Order","title":"t"}`:                     "category",
		`{` + base + `}`:                                                 "to",
		`{"to":null,` + base + `}`:                                       "to",
		`{"to":7,` + base + `}`:                                          "to",
		`{"to":[],` + base + `}`:                                         "to",
		`{"to":["a","b",7],` + base + `}`:                                "to[2]",
		`{"to":["a","b",""],` + base + `}`:                               "to[2]",
		`{"to":{},` + base + `}`:                                         "to",
		`{"to":{"all":false},` + base + `}`:                              "to",
		`{"to":{"all":true,"topic":"x"},` + base + `}`:                   "to",
		`{"to":{"everyone":true},` + base + `}`:                          "to.everyone",
		`{"to":{"topic":5},` + base + `}`:                                "to.topic",
		`{"to":{"topic":"staff"},` + base + `}`:                          "to.topic",
		`{"to":"` + strings.Repeat("x", 256) + `",` + base + `}`:         "to",
		`{"to":"a\u0000b",` + base + `}`:                                 "to",
		`{"to":"42",` + base + `,"url":"javascript:alert(1)"}`:           "url",
		`{"to":"42",` + base + `,"url":"//evil.example"}`:                "url",
		`{"to":"42",` + base + `,"data":[1]}`:                            "data",
		`{"to":"42",` + base + `,"data":{"a":1,"a":2}}`:                  "data.a",
		`{"to":"42",` + base + `,"priority":"urgent"}`:                   "priority",
		`{"to":"42",` + base + `,"priority":1}`:                          "priority",
		`{"to":"42",` + base + `,"channels":["in_app","sms"]}`:           "channels[1]",
		`{"to":"42",` + base + `,"channels":"email"}`:                    "channels",
		`{"to":"42",` + base + `,"channels":["in_app",1]}`:               "channels[1]",
		`{"to":"42",` + base + `,"email":{"to":"nobody"}}`:               "email.to",
		`{"to":"42",` + base + `,"email":{"to":5}}`:                      "email.to",
		`{"to":"42",` + base + `,"email":{"cc":"a@b.c"}}`:                "email.cc",
		`{"to":["a","b"],` + base + `,"email":{"to":"a@example.com"}}`:   "email.to",
		`{"to":"42",` + base + `,"actor":{"avatar_url":"data:x"}}`:       "actor.avatar_url",
		`{"to":"42",` + base + `,"actor":"Ada"}`:                         "actor",
		`{"to":"42",` + base + `,"send_at":"` + soon + `"}`:              "send_at",
		`{"to":"42",` + base + `,"expires_at":"` + ago + `"}`:            "expires_at",
		`{"to":"42",` + base + `,"expires_at":"tomorrow"}`:               "expires_at",
		`{"to":"42",` + base + `,"expires_at":1767225600}`:               "expires_at",
		`{"to":"42",` + base + `,"expires_at":"2026-13-45T00:00:00Z"}`:   "expires_at",
		`{"to":{"all":true},` + base + `,"dedupe_key":"k"}`:              "dedupe_key",
		`{"to":{"all":true},` + base + `,"channels":["in_app","email"]}`: "channels[1]",
		`{"to":"42",` + base + `,"body":"` + "\xff" + `"}`:               "body",
		`{"to":"42",` + base + `,"body":"\ud800"}`:                       "body",
		`{"to":"42",` + base + `,"body":"\u0007"}`:                       "body",
		`{"to":"42","category":"order","title":"two\nlines"}`:            "title",
		`[]`:   "",
		`"x"`:  "",
		`null`: "",
		`5`:    "",
	} {
		a := w.do("POST", "/api/v1/notifications/", body, asApp)
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%.120s: got %d, want 422: %s", body, a.StatusCode, a.body)
			continue
		}
		if got := into[problem](w, a).fields(); got != want {
			t.Errorf("%.120s: got fault in %q, want in %q: %s", body, got, want, a.body)
		}
	}
	if got := w.list("42", "?state=all"); len(got.Results) != 0 {
		t.Errorf("refused sends left %d notifications", len(got.Results))
	}
}

// A thousand people are taken, one more is refused.
func TestSendToTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	users := make([]string, belfry.MaxRecipients)
	for i := range users {
		users[i] = "user-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
	}
	if got := w.send(map[string]any{"to": users}); got.Accepted != len(users) || len(got.Notifications) != len(users) {
		t.Errorf("got %d accepted with %d names, want %d", got.Accepted, len(got.Notifications), len(users))
	}
	a := w.want(422, w.do("POST", "/api/v1/notifications/", map[string]any{
		"to": append(users, "one more"), "category": "order", "title": "t",
	}, asApp))
	if got := into[problem](w, a).fields(); got != "to" {
		t.Errorf("got fault in %q, want in to", got)
	}
}

// The same key and body is done once and answered the same; another body is refused; keys belong to an API key.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(body string, key ...string) answer {
		return w.do("POST", "/api/v1/notifications/", body, asApp, func(r *http.Request) { r.Header["Idempotency-Key"] = key })
	}
	const body, other = `{"to":"42","category":"order","title":"once"}`, `{"to":"42","category":"order","title":"twice"}`
	first, again := w.want(201, send(body, "k1")), w.want(201, send(body, "k1"))
	if first.body != again.body || first.Header.Get("Idempotency-Replay") != "" || again.Header.Get("Idempotency-Replay") != "true" {
		t.Errorf("got %s, then %s (replay %q); want the same again, marked", first.body, again.body, again.Header.Get("Idempotency-Replay"))
	}
	if got := into[problem](w, w.want(422, send(other, "k1"))).fields(); got != "Idempotency-Key" {
		t.Errorf("another body: got fault in %q, want in Idempotency-Key", got)
	}
	w.want(201, w.do("POST", "/api/v1/notifications/", other, header("Authorization", "Bearer "+otherKey), header("Idempotency-Key", "k1")))
	if got := titles(w.list("42", "")); got != "twice once" {
		t.Errorf("got %q, want each app's own send once", got)
	}
	w.want(201, send(body, strings.Repeat("k", 255)))
	for _, bad := range [][]string{{""}, {strings.Repeat("k", 256)}, {"ü"}, {"a", "b"}} {
		if got := into[problem](w, w.want(422, send(body, bad...))).fields(); got != "Idempotency-Key" {
			t.Errorf("key %.20q: got fault in %q", bad, got)
		}
	}
}

// The app sees what became of a notification: the in-app delivery, and why a mail did not leave.
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type receipt struct {
		ID         string
		UserID     *string `json:"user_id"`
		Deliveries []struct{ ID, Channel, State, Reason, To string }
	}
	read := func(id string) receipt {
		return into[receipt](w, w.want(200, w.do("GET", "/api/v1/notifications/"+id+"/", nil, asApp)))
	}
	w.want(200, w.do("PUT", "/api/v1/users/mailed/", `{"email":"mailed@example.com"}`, asApp))
	w.want(200, w.do("PUT", "/api/v1/notifications/preferences/", `{"categories":{"order":{"in_app":false,"email":false}}}`, asUser("muted")))
	both := []string{"in_app", "email"}
	for _, c := range []struct {
		name string
		send map[string]any
		want string // channel state, for each delivery
	}{
		{"in app by default", map[string]any{"to": "plain"}, "in_app sent"},
		{"no address", map[string]any{"to": "plain", "channels": both}, "in_app sent, email skipped"},
		{"known address", map[string]any{"to": "mailed", "channels": both}, "in_app sent, email queued"},
		{"given address", map[string]any{"to": "plain", "channels": both, "email": map[string]any{"to": "x@example.com"}}, "in_app sent, email queued"},
		{"email only", map[string]any{"to": "mailed", "channels": []string{"email"}}, "email queued"},
		{"muted", map[string]any{"to": "muted", "channels": both}, "in_app skipped, email skipped"},
		{"critical", map[string]any{"to": "muted", "priority": "critical"}, "in_app sent"},
		{"everyone", map[string]any{"to": map[string]any{"all": true}}, "in_app sent"},
	} {
		r := read(w.send(c.send).ID)
		var got []string
		for _, d := range r.Deliveries {
			got = append(got, d.Channel+" "+d.State)
			if d.State == "skipped" && d.Reason == "" {
				t.Errorf("%s: a skipped delivery gives no reason", c.name)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, strings.Join(got, ", "), c.want)
		}
		if everyone := c.name == "everyone"; everyone != (r.UserID == nil) {
			t.Errorf("%s: got user_id %v", c.name, r.UserID)
		}
	}
	for _, id := range []string{unknownID, "no-uuid", "%00", strings.Repeat("9", 2000)} {
		w.want(404, w.do("GET", "/api/v1/notifications/"+id+"/", nil, asApp))
	}
}

// What is retracted is gone from the list and the counts, once.
func TestRetract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.send(map[string]any{"to": "42"}).ID
	if a := w.want(204, w.do("DELETE", "/api/v1/notifications/"+id+"/", nil, asApp)); a.body != "" {
		t.Errorf("got body %q, want none", a.body)
	}
	if p := w.list("42", "?state=all"); len(p.Results) != 0 || p.Unread != 0 {
		t.Errorf("got %+v after the retraction", p)
	}
	w.want(404, w.do("DELETE", "/api/v1/notifications/"+id+"/", nil, asApp))
	w.want(404, w.do("GET", "/api/v1/notifications/"+id+"/", nil, asApp))
	w.want(404, w.do("DELETE", "/api/v1/notifications/nothing/", nil, asApp))
}

// The same person and key: the notification is replaced.
func TestDedupeKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.send(map[string]any{"to": "42", "dedupe_key": "order-1138", "title": "old"})
	w.send(map[string]any{"to": "42", "title": "between"})
	second := w.send(map[string]any{"to": "42", "dedupe_key": "order-1138", "title": "new"})
	if second.ID != first.ID {
		t.Errorf("got id %s, want the first one's %s", second.ID, first.ID)
	}
	if p := w.list("42", ""); titles(p) != "new between" || p.Unread != 2 {
		t.Errorf("got %q with %d unread, want it replaced and on top", titles(p), p.Unread)
	}
}
