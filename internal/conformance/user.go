package conformance

import (
	"net/http"
	"strings"
)

func userCases() []Case {
	return []Case{
		{Name: "user: what was put is given back", Run: putUser},
		{Name: "user: a put replaces all that was said before", Run: func(t *T) {
			p := t.person()
			t.app(http.MethodPut, userPath(p.id), obj{"email": "ada@shop.example", "name": "Ada"}).is(http.StatusOK)
			t.app(http.MethodPut, userPath(p.id), obj{"locale": "de-AT"}).is(http.StatusOK)
			o := t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusOK).object()
			equal(t, "email", any(""), o["email"])
			equal(t, "locale", any("de-AT"), o["locale"])
		}},
		{Name: "user: one who was never heard of is a 404", Run: func(t *T) {
			t.app(http.MethodGet, userPath("conformance-"+unique()), nil).is(http.StatusNotFound)
			t.app(http.MethodDelete, userPath("conformance-"+unique()), nil).is(http.StatusNotFound)
		}},
		{Name: "user: the first notification makes them known", Run: func(t *T) {
			p := t.stranger()
			t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusNotFound)
			p.send("A", nil)
			t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusOK)
		}},
		{Name: "user: an email goes to the address that was put", Run: func(t *T) {
			p := t.person()
			t.app(http.MethodPut, userPath(p.id), obj{"email": "ada@shop.invalid"}).is(http.StatusOK)
			r, _ := t.receipt(p.send("A", obj{"channels": []string{"email"}}))
			if state, reason := r.delivery("email"); state == "skipped" {
				t.Errorf("the email was skipped: %s", reason)
			}
		}},
		{Name: "user: erased with all that belongs to them", Run: erase},
		{Name: "user: erased without a word to those who are not known yet", Run: func(t *T) {
			p, stranger := t.person(), t.stranger()
			p.send("A", nil)
			l := stranger.listen("", nil)
			t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
			l.wantNote("message", stranger.send("B", nil))
		}},
		{Name: "user: erasing ends their streams for good", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			l := p.listen("", nil)
			t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
			for {
				e, ok := l.next(patience)
				if !ok {
					t.Fatalf("the stream ended without a close event")
				}
				if e.Name == "close" {
					equal(t, "reason", "revoked", e.text("reason"))
					p.wantStopped(e.ID)
					return
				}
			}
		}},
		{Name: "user: who comes back has a log that goes on", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			p.send("B", nil)
			before := p.cursor()
			t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
			p.send("C", nil)
			if position(p.cursor()) <= position(before) {
				t.Errorf("the log began again: cursor %s after %s", p.cursor(), before)
			}
		}},
		{Name: "user: an absurd id is refused", Run: func(t *T) {
			for _, id := range []string{"%00", "a%0Ab", "%7F", "%ff", "a%E2%80%AEb", strings.Repeat("x", 256)} {
				for _, method := range []string{http.MethodGet, http.MethodDelete} {
					t.app(method, "/api/v1/users/"+id+"/", nil).is(http.StatusUnprocessableEntity, http.StatusBadRequest)
				}
				t.app(http.MethodPut, "/api/v1/users/"+id+"/", obj{"name": "A"}).is(http.StatusUnprocessableEntity, http.StatusBadRequest)
			}
		}},
	}
}

func userRefusedCases() []Case {
	var cases []Case
	for _, w := range []wrong{
		{"an unknown member", "phone", obj{"phone": "1"}},
		{"email no address", "email", obj{"email": "nobody"}},
		{"email a number", "email", obj{"email": 7}},
		{"name of two lines", "name", obj{"name": "A\nB"}},
		{"name of 256 characters", "name", obj{"name": strings.Repeat("x", 256)}},
		{"locale too long", "locale", obj{"locale": strings.Repeat("x", 36)}},
		{"timezone unknown", "timezone", obj{"timezone": "Mars/Base"}},
		{"timezone a path", "timezone", obj{"timezone": "../../etc/passwd"}},
		{"data a list", "data", obj{"data": []int{}}},
	} {
		cases = append(cases, Case{Name: "user refused: " + w.name, Run: func(t *T) {
			p := t.stranger()
			t.app(http.MethodPut, userPath(p.id), w.more).blames(w.field)
			t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusNotFound)
		}})
	}
	return cases
}

func putUser(t *T) {
	p := t.person()
	want := obj{"email": "ada@shop.example", "name": "Ada Ünal", "locale": "de-AT", "timezone": "Europe/Vienna", "data": obj{"plan": "gold"}}
	for _, a := range []*answer{t.app(http.MethodPut, userPath(p.id), want).is(http.StatusOK), t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusOK)} {
		o := a.object("id", "email", "name", "locale", "timezone", "data")
		for _, member := range []string{"email", "name", "locale", "timezone"} {
			equal(t, member, want[member], o[member])
		}
		equal(t, "data", bodyText(want["data"]), bodyText(o["data"]))
	}
}

func erase(t *T) {
	p := t.person()
	id := p.send("A", nil)
	t.app(http.MethodPut, userPath(p.id), obj{"name": "Ada"}).is(http.StatusOK)
	p.call(http.MethodPut, preferencesPath, obj{"categories": obj{"x": obj{"email": false}}}).is(http.StatusOK)
	t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
	t.app(http.MethodGet, userPath(p.id), nil).is(http.StatusNotFound)
	t.app(http.MethodGet, notificationPath(id), nil).is(http.StatusNotFound)
	equal(t, "rows", 0, len(p.ids("state=all")))
	p.wantCounts(0, 0)
	equal(t, "preferences", "{}", bodyText(p.get(preferencesPath).object()["categories"]))
}
