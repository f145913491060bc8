package conformance

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// An answer is what came back.
type answer struct {
	t      *T
	what   string // the request, for messages
	status int
	header http.Header
	body   []byte
}

// check is what holds for every answer.
func (a *answer) check() {
	if a.status >= 300 && a.status < 400 {
		a.t.Errorf("%s: redirected to %q; a redirect loses a POST", a.what, a.header.Get("Location"))
	}
	if a.header.Get("X-Request-Id") == "" {
		a.t.Errorf("%s: the answer has no X-Request-Id", a.what)
	}
	if a.status >= 400 && !strings.HasPrefix(a.what, http.MethodHead+" ") {
		a.checkProblem()
	}
}

func (a *answer) checkProblem() {
	if kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";"); kind != "application/problem+json" {
		a.t.Errorf("%s: a %d of type %q, want application/problem+json", a.what, a.status, kind)
		return
	}
	var p struct {
		Type, Title, Detail *string
		Status              int
		Errors              []struct{ Field, Message *string }
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		a.t.Errorf("%s: the problem can't be read: %v", a.what, err)
		return
	}
	if p.Type == nil || p.Title == nil || *p.Title == "" || p.Detail == nil || *p.Detail == "" {
		a.t.Errorf("%s: a problem has type, title and detail; got %s", a.what, a.body)
	}
	equal(a.t, a.what+": status inside the problem", a.status, p.Status)
	for _, e := range p.Errors {
		if e.Field == nil || e.Message == nil || *e.Message == "" { // the empty field is the body as a whole
			a.t.Errorf("%s: an entry of errors lacks its field or message: %s", a.what, a.body)
		}
	}
}

// is ends the case unless the answer has one of the statuses.
func (a *answer) is(statuses ...int) *answer {
	if !slices.Contains(statuses, a.status) {
		a.t.Fatalf("%s: want status %d, got %d %s", a.what, statuses, a.status, short(string(a.body)))
	}
	return a
}

// blames wants a 422 that names the field.
func (a *answer) blames(field string) {
	a.is(http.StatusUnprocessableEntity)
	var p struct{ Errors []struct{ Field string } }
	_ = json.Unmarshal(a.body, &p) // a problem that can't be read was reported
	for _, e := range p.Errors {
		if e.Field == field {
			return
		}
	}
	a.t.Errorf("%s: want the field %q in errors, got %s", a.what, field, short(string(a.body)))
}

// into reads the answer's JSON.
func (a *answer) into(v any) {
	if kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";"); kind != "application/json" {
		a.t.Errorf("%s: an answer of type %q, want application/json", a.what, kind)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: read %s: %v", a.what, short(string(a.body)), err)
	}
}

// object reads the answer's JSON object and wants exactly these members; none given: any.
func (a *answer) object(members ...string) obj {
	var o obj
	a.into(&o)
	if len(members) > 0 {
		exactly(a.t, a.what, o, members...)
	}
	return o
}

// exactly wants an object to have these members and no other.
func exactly(t *T, what string, o obj, members ...string) {
	got := slices.Sorted(maps.Keys(o))
	want := slices.Sorted(slices.Values(members))
	if !slices.Equal(want, got) {
		t.Errorf("%s: want the members %v, got %v", what, want, got)
	}
}
