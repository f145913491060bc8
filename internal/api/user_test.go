package api_test

import (
	"strings"
	"testing"
	"time"
)

// What is put is answered whole; what is left out the next time is forgotten.
func TestUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/api/v1/users/42/"
	w.want(404, w.do("GET", path, nil, asApp))
	const full = `{"id":"42","email":"ada@example.com","name":"Ada","locale":"de-AT","timezone":"Europe/Vienna","data":{"plan":"pro"}}`
	put := w.want(200, w.do("PUT", path, `{"email":"ada@example.com","name":"Ada","locale":"de-AT","timezone":"Europe/Vienna","data":{ "plan": "pro" }}`, asApp))
	if put.body != full {
		t.Errorf("got %s, want %s", put.body, full)
	}
	if got := w.want(200, w.do("GET", path, nil, asApp)); got.body != full {
		t.Errorf("got %s, want %s", got.body, full)
	}
	const empty = `{"id":"42","email":"","name":"","locale":"","timezone":"","data":{}}`
	if got := w.want(200, w.do("PUT", path, `{}`, asApp)); got.body != empty {
		t.Errorf("got %s, want %s", got.body, empty)
	}
}

// Ids with slashes, spaces, dots and other scripts are ids like any other.
func TestUserIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"a/b", "a b", "..", ".", "%2F", "日本/語", "a?b#c", "tickets", "a/tickets", `"`, "a+b", "a;b", "a//b", "/", strings.Repeat("ü", 255)} {
		path := "/api/v1/users/" + strings.ReplaceAll(escape(id), ".", "%2E")
		for _, slash := range []string{"", "/"} {
			got := into[struct{ ID string }](w, w.want(200, w.do("PUT", path+slash, `{}`, asApp)))
			if got.ID != id {
				t.Errorf("got id %q, want %q", got.ID, id)
			}
		}
		w.send(map[string]any{"to": id, "title": id[:1]})
		ticket := into[struct{ Ticket string }](w, w.want(201, w.do("POST", path+"/tickets/", nil, asApp))).Ticket
		p := into[page](w, w.want(200, w.do("GET", "/api/v1/notifications/?ticket="+ticket, nil)))
		if len(p.Results) != 1 {
			t.Errorf("%q: got %d notifications by their ticket, want 1", id, len(p.Results))
		}
		w.want(204, w.do("DELETE", path, nil, asApp))
	}
	for _, bad := range []string{"%00", "a%0Ab", "%FF", strings.Repeat("x", 256)} {
		for _, c := range [][2]string{{"PUT", ""}, {"GET", ""}, {"DELETE", ""}, {"POST", "/tickets"}} {
			a := w.do(c[0], "/api/v1/users/"+bad+c[1], nil, asApp)
			if c[0] == "PUT" {
				a = w.do(c[0], "/api/v1/users/"+bad+c[1], `{}`, asApp)
			}
			if got := into[problem](w, w.want(422, a)).fields(); got != "user_id" {
				t.Errorf("%s %.20s: got fault in %q, want in user_id", c[0], bad, got)
			}
		}
	}
}

func TestUserRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"id":"43"}`: "id", `{"email":"nobody"}`: "email", `{"timezone":"Mars/Olympus"}`: "timezone", `{"data":[]}`: "data", `{"data":"x"}`: "data",
		`{"name":"a\nb"}`: "name", `{"locale":"` + strings.Repeat("x", 36) + `"}`: "locale", `{"name":5}`: "name",
	} {
		if got := into[problem](w, w.want(422, w.do("PUT", "/api/v1/users/42/", body, asApp))).fields(); got != want {
			t.Errorf("%s: got fault in %q, want in %q", body, got, want)
		}
	}
}

// An erased person leaves nothing behind.
func TestEraseUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.want(404, w.do("DELETE", "/api/v1/users/42/", nil, asApp))
	id := w.send(map[string]any{"to": "42"}).ID
	before := w.list("42", "").Cursor
	w.want(204, w.do("DELETE", "/api/v1/users/42/", nil, asApp))
	w.want(404, w.do("GET", "/api/v1/users/42/", nil, asApp))
	w.want(404, w.do("GET", "/api/v1/notifications/"+id+"/", nil, asApp))
	if p := w.list("42", ""); len(p.Results) != 0 || p.Unread != 0 {
		t.Errorf("got %+v, want an empty inbox; the cursor was %s", p, before)
	}
}

// A ticket lets in once, and only the person it is for.
func TestTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(map[string]any{"to": "42"})
	type ticket struct {
		Ticket    string
		ExpiresAt time.Time `json:"expires_at"`
	}
	begin := time.Now()
	got := into[ticket](w, w.want(201, w.do("POST", "/api/v1/users/42/tickets/", nil, asApp)))
	if life := got.ExpiresAt.Sub(begin); life < 55*time.Second || life > 65*time.Second || len(got.Ticket) < 43 {
		t.Errorf("got %d characters for %v, want at least 43 for 60 s", len(got.Ticket), life)
	}
	if p := into[page](w, w.want(200, w.do("GET", "/api/v1/notifications/?ticket="+got.Ticket, nil))); len(p.Results) != 1 {
		t.Errorf("got %d notifications, want the person's one", len(p.Results))
	}
	w.want(401, w.do("GET", "/api/v1/notifications/?ticket="+got.Ticket, nil))
	w.want(201, w.do("POST", "/api/v1/users/42/tickets/", `{}`, asApp))
	w.want(422, w.do("POST", "/api/v1/users/42/tickets/", `{"ttl":5}`, asApp))
}
