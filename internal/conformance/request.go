package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
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
