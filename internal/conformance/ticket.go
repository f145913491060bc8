package conformance

import (
	"net/http"
	"sync"
	"time"
)

func ticketCases() []Case {
	return []Case{
		{Name: "ticket: has a value and a minute", Run: func(t *T) {
			p := t.person()
			o := t.app(http.MethodPost, userPath(p.id)+"tickets/", nil).is(http.StatusCreated).object("ticket", "expires_at")
			if value, _ := o["ticket"].(string); len(value) < 20 {
				t.Errorf("a ticket that can be guessed: %q", value)
			}
			at, _ := o["expires_at"].(string)
			expires, err := time.Parse(time.RFC3339, at)
			if left := time.Until(expires); err != nil || left < 30*time.Second || left > 90*time.Second {
				t.Errorf("expires_at: want about 60 s from now, got %q", at)
			}
		}},
		{Name: "ticket: lets its person in once", Run: func(t *T) {
			p := t.person()
			path := statusPath + "?ticket=" + t.ticket(p.id)
			equal(t, "user_id", any(p.id), t.public(path).is(http.StatusOK).object()["user_id"])
			t.public(path).is(http.StatusUnauthorized)
		}},
		{Name: "ticket: opens a stream once", Run: func(t *T) {
			p := t.person()
			path := streamPath + "?ticket=" + t.ticket(p.id)
			l := t.stream(call{method: http.MethodGet, path: path})
			equal(t, "user_id", p.id, l.want("connection").text("user_id"))
			t.public(path).is(http.StatusUnauthorized)
			l.wantNote("message", p.send("still open", nil))
		}},
		{Name: "ticket: of ten at once one gets in", Run: ticketRace},
		{Name: "ticket: an unknown one is refused", Run: func(t *T) {
			t.public(countsPath + "?ticket=" + unique()).is(http.StatusUnauthorized)
			t.public(streamPath + "?ticket=" + unique()).is(http.StatusUnauthorized)
		}},
		{Name: "ticket: does not make an app of a person", Run: func(t *T) {
			p := t.person()
			t.do(call{method: http.MethodPost, path: notificationsPath + "?ticket=" + t.ticket(p.id), body: p.body("A", nil)}).is(http.StatusForbidden)
		}},
		{Name: "ticket: is for a person who was never heard of too", Run: func(t *T) {
			id := "conformance-" + unique()
			equal(t, "user_id", any(id), t.public(statusPath + "?ticket=" + t.ticket(id)).is(http.StatusOK).object()["user_id"])
		}},
		{Name: "ticket: an absurd user id is refused", Run: func(t *T) {
			t.app(http.MethodPost, "/api/v1/users/%00/tickets/", nil).is(http.StatusUnprocessableEntity)
			t.app(http.MethodPost, "/api/v1/users/a%0Ab/tickets/", nil).is(http.StatusUnprocessableEntity)
		}},
	}
}

func ticketRace(t *T) {
	p := t.person()
	path := statusPath + "?ticket=" + t.ticket(p.id)
	statuses := t.atOnce(10, func(int) int { return t.once(call{method: http.MethodGet, path: path}).status })
	in := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			in++
		} else {
			equal(t, "status of those who came too late", http.StatusUnauthorized, status)
		}
	}
	equal(t, "let in", 1, in)
}

// atOnce calls f n times side by side and returns what they returned. A call that ends the case ends it after all.
func (t *T) atOnce(n int, f func(i int) int) []int {
	results := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { t.guard(func() { results[i] = f(i) }) })
	}
	all.Wait()
	if t.outcome() != Passed {
		panic(stopped)
	}
	return results
}
