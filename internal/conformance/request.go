package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An obj is a JSON object.
type obj = map[string]any

// A credential adds to a request what shows who asks.
type credential func(*http.Request)

// nobody shows nothing.
func nobody(*http.Request) {}

func bearer(secret string) credential {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
}

// A call is one request.
type call struct {
	as     credential // nil: nobody
	method string
	path   string            // escaped, with its query
	body   any               // nil: none; string and []byte: as it is; io.Reader: chunked; all else: as JSON
	header map[string]string // an empty value removes what would be there by itself
}

// An answer is what came back.
type answer struct {
	t      *T
	what   string // the request, for messages
	status int
	header http.Header
	body   []byte
}

// app makes a request as the app's back end.
func (t *T) app(method, path string, body any) *answer {
	return t.do(call{as: t.appKey(), method: method, path: path, body: body})
}

func (t *T) appKey() credential { return bearer(t.target.APIKey) }

// do makes a request, waits out a rate limit, and checks what every answer must be.
func (t *T) do(c call) *answer {
	for {
		a := t.once(c)
		if a.status != http.StatusTooManyRequests {
			a.check()
			return a
		}
		s, _ := strconv.Atoi(a.header.Get("Retry-After"))
		t.wait(time.Duration(max(s, 1)) * time.Second)
	}
}

func (t *T) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.Fatalf("no time is left: %v", t.ctx.Err())
	}
}

func (t *T) once(c call) *answer {
	r := t.request(c)
	what := c.method + " " + c.path
	resp, err := t.target.HTTP.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body := []byte("(a stream)") // where none was wanted; to read it would be to wait for ever
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		if body, err = io.ReadAll(resp.Body); err != nil {
			t.Fatalf("%s: read the answer: %v", what, err)
		}
	}
	t.exchange("%s %s → %d %s", what, short(bodyText(c.body)), resp.StatusCode, short(string(body)))
	return &answer{t: t, what: what, status: resp.StatusCode, header: resp.Header, body: body}
}

func (t *T) request(c call) *http.Request {
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	case io.Reader:
		body = struct{ io.Reader }{b} // hides its length
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatalf("encode the body of %s %s: %v", c.method, c.path, err)
		}
		body = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(t.ctx, c.method, t.target.URL+c.path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
	if c.as != nil {
		c.as(r)
	}
	return r
}

func bodyText(body any) string {
	switch b := body.(type) {
	case nil:
		return ""
	case string:
		return b
	case []byte:
		return string(b)
	case io.Reader:
		return "(a stream)"
	default:
		encoded, _ := json.Marshal(b)
		return string(encoded)
	}
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
