package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

func sendCases() []Case {
	return []Case{
		{Name: "send: one person", Run: sendOne},
		{Name: "send: every member arrives", Run: sendFull},
		{Name: "send: what is left out is empty, never missing", Run: sendEmpty},
		{Name: "send: several people, each with an id of their own", Run: sendSeveral},
		{Name: "send: a thousand people", Run: sendThousand},
		{Name: "send: a person named twice gets it once", Run: func(t *T) {
			p, q := t.person(), t.person()
			var s sent
			t.app(http.MethodPost, notificationsPath, p.body("A", obj{"to": []string{p.id, q.id, p.id}})).is(http.StatusCreated).into(&s)
			equal(t, "accepted", 2, s.Accepted)
			equal(t, "notifications", 2, len(s.Notifications))
			p.wantCounts(1, 1)
		}},
		{Name: "send: an array of one is one person", Run: func(t *T) {
			p := t.person()
			p.send("A", obj{"to": []string{p.id}})
			p.wantCounts(1, 1)
		}},
		{Name: "send: every priority", Run: func(t *T) {
			p := t.person()
			for _, priority := range []string{"low", "normal", "high", "critical"} {
				p.send("A", obj{"priority": priority})
				equal(t, "priority", priority, p.list("").Results[0].Priority)
			}
		}},
		{Name: "send: every shape of category", Run: func(t *T) {
			p := t.person()
			for _, category := range []string{"a", "a.b", "0.1_2", "_", "a.b.c.d.e.f", strings.Repeat("a", 100)} {
				id := p.send("A", obj{"category": category})
				equal(t, "category", category, p.patch(id, obj{"seen": true}).Category)
			}
		}},
		{Name: "send: a link may be a path or http(s)", Run: func(t *T) {
			p := t.person()
			for _, link := range []string{"/", "/orders/7?a=b#c", "https://shop.example/orders/7", "http://shop.example", "/ä?ö=ü"} {
				p.send("A", obj{"url": link})
				equal(t, "url", link, p.list("").Results[0].URL)
			}
		}},
		{Name: "send: times of any zone come back in UTC", Run: func(t *T) {
			p := t.person()
			at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
			p.send("A", obj{"expires_at": at.In(time.FixedZone("", 5400)).Format("2006-01-02T15:04:05.000Z07:00")})
			if got := p.list("").Results[0].ExpiresAt; got == nil || *got != at.UTC().Format("2006-01-02T15:04:05.000Z") {
				t.Errorf("expires_at: want %v, got %v", at.UTC(), got)
			}
		}},
		{Name: "send: null is the same as nothing", Run: func(t *T) {
			p := t.person()
			body := p.body("A", nil)
			for _, member := range []string{"body", "url", "data", "actor", "email", "dedupe_key", "expires_at"} {
				o := p.body("A", nil)
				o[member] = nil
				t.app(http.MethodPost, notificationsPath, o).is(http.StatusCreated, http.StatusUnprocessableEntity)
			}
			t.app(http.MethodPost, notificationsPath, body).is(http.StatusCreated)
		}},
	}
}

func sendOne(t *T) {
	p := t.person()
	a := t.app(http.MethodPost, notificationsPath, p.body("Order 1138 is yours", nil)).is(http.StatusCreated)
	a.object("id", "accepted", "notifications")
	var s sent
	a.into(&s)
	equal(t, "accepted", 1, s.Accepted)
	if len(s.Notifications) != 1 || s.Notifications[0].User != p.id || s.Notifications[0].ID != s.ID {
		t.Errorf("notifications: want one for %q with the id %s, got %+v", p.id, s.ID, s.Notifications)
	}
	if !isUUIDv7(s.ID) {
		t.Errorf("id: want a UUIDv7, got %q", s.ID)
	}
	l := p.list("")
	if len(l.Results) != 1 || l.Results[0].ID != s.ID || l.Results[0].Title != "Order 1138 is yours" {
		t.Errorf("list: want the notification, got %+v", l.Results)
	}
	p.wantCounts(1, 1)
}

func sendFull(t *T) {
	p := t.person()
	at := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	p.send("Order 1138 is yours", obj{
		"body": "Due on Friday.\nNot later.", "url": "/orders/1138", "data": obj{"order": 1138, "deep": obj{"list": []any{1, "b", nil, true}}},
		"actor": obj{"id": "7", "name": "Ada", "avatar_url": "https://shop.example/ada.png"}, "priority": "high",
		"channels": []string{"in_app", "email"}, "dedupe_key": unique(), "expires_at": at,
		"email": obj{"to": "ada@shop.example", "subject": "S", "html": "<p>H</p>", "text": "T", "reply_to": "shop@shop.example", "thread": "order-7"},
	})
	n := p.list("").Results[0]
	equal(t, "category", p.category, n.Category)
	equal(t, "title", "Order 1138 is yours", n.Title)
	equal(t, "body", "Due on Friday.\nNot later.", n.Body)
	equal(t, "url", "/orders/1138", n.URL)
	equal(t, "priority", "high", n.Priority)
	if n.ExpiresAt == nil || *n.ExpiresAt != at {
		t.Errorf("expires_at: want %s, got %v", at, n.ExpiresAt)
	}
	if n.Actor == nil || n.Actor.ID != "7" || n.Actor.Name != "Ada" || n.Actor.AvatarURL != "https://shop.example/ada.png" {
		t.Errorf("actor: got %+v", n.Actor)
	}
	var data struct {
		Order int
		Deep  struct{ List []any }
	}
	if err := json.Unmarshal(n.Data, &data); err != nil || data.Order != 1138 || len(data.Deep.List) != 4 {
		t.Errorf("data: got %s", n.Data)
	}
}

func sendEmpty(t *T) {
	p := t.person()
	p.send("A", nil)
	n := p.list("").Results[0]
	var o obj
	_ = json.Unmarshal([]byte(n.raw), &o) // it was read before
	exactly(t, "a notification", o, "id", "category", "title", "body", "url", "data", "actor", "priority", "created_at", "seen_at", "read_at", "archived_at", "expires_at")
	equal(t, "body", any(""), o["body"])
	equal(t, "url", any(""), o["url"])
	equal(t, "priority", any("normal"), o["priority"])
	equal(t, "data", "{}", string(n.Data))
	for _, member := range []string{"actor", "seen_at", "read_at", "archived_at", "expires_at"} {
		equal(t, member, any(nil), o[member])
	}
	if n.CreatedAt == nil || !isTime(*n.CreatedAt) {
		t.Errorf("created_at: want RFC 3339 in UTC with milliseconds, got %v", o["created_at"])
	}
}

func sendSeveral(t *T) {
	people := []*person{t.person(), t.person(), t.person()}
	to := []string{people[0].id, people[1].id, people[2].id}
	var s sent
	t.app(http.MethodPost, notificationsPath, people[0].body("A", obj{"to": to})).is(http.StatusCreated).into(&s)
	equal(t, "accepted", 3, s.Accepted)
	seen := map[string]bool{}
	for i, n := range s.Notifications {
		equal(t, fmt.Sprintf("notifications[%d].user_id", i), to[i], n.User)
		seen[n.ID] = true
		people[i].category = people[0].category
		if ids := people[i].ids(""); len(ids) != 1 || ids[0] != n.ID {
			t.Errorf("list of person %d: want %s, got %v", i, n.ID, ids)
		}
	}
	equal(t, "different ids", 3, len(seen))
}

func sendThousand(t *T) {
	p := t.person()
	prefix := "conformance-" + unique() + "-"
	to := []string{p.id}
	for i := range 999 {
		to = append(to, fmt.Sprint(prefix, i))
	}
	var s sent
	t.app(http.MethodPost, notificationsPath, p.body("A", obj{"to": to})).is(http.StatusCreated).into(&s)
	t.Cleanup(func() { t.app(http.MethodDelete, notificationPath(s.ID), nil).is(http.StatusNoContent) })
	equal(t, "accepted", 1000, s.Accepted)
	equal(t, "notifications", 1000, len(s.Notifications))
	p.wantCounts(1, 1)
}
