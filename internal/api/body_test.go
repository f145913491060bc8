package api_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
)

// bodyCalls are the calls that need a body, with who may make them.
func bodyCalls() map[string]option {
	return map[string]option{
		"POST /api/v1/notifications/":                    asApp,
		"POST /api/v1/notifications/bulk/":               asApp,
		"PUT /api/v1/users/42/":                          asApp,
		"PATCH /api/v1/notifications/" + unknownID + "/": asUser("42"),
		"POST /api/v1/notifications/mark/":               asUser("42"),
		"PUT /api/v1/notifications/preferences/":         asUser("42"),
	}
}

// What is no JSON is malformed, and so is nothing at all.
func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for call, who := range bodyCalls() {
		method, path, _ := strings.Cut(call, " ")
		for _, body := range []string{"", " ", "\n", "{", "}", `{"a"`, `{"a":}`, `{"a":1,}`, "{}{}", "{} x", "nul", "\x00", "\xef\xbb\xbf{}", "<xml/>", "{'a':1}", `{"a":"` + "\n" + `"}`, strings.Repeat("[", 100_000)} {
			if a := w.do(method, path, body, who); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s with %.20q: got %d, want 400: %s", call, body, a.StatusCode, a.body)
			}
		}
	}
}

// A body over the limit is refused, also when its length is not announced; one just under it is read.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pad := func(n int) string { return `{` + strings.Repeat(" ", n-2) + `}` }
	for call, who := range bodyCalls() {
		method, path, _ := strings.Cut(call, " ")
		for name, body := range map[string]io.Reader{
			"announced": strings.NewReader(pad(belfry.MaxBody + 1)),
			"chunked":   io.MultiReader(strings.NewReader(pad(belfry.MaxBody + 1))),
			"10 MB":     strings.NewReader(pad(10 << 20)),
		} {
			if a := w.do(method, path, body, who); a.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, %s: got %d, want 413: %s", call, name, a.StatusCode, a.body)
			}
		}
		for name, body := range map[string]io.Reader{
			"announced": strings.NewReader(pad(belfry.MaxBody)),
			"chunked":   io.MultiReader(strings.NewReader(pad(belfry.MaxBody))),
		} {
			if a := w.do(method, path, body, who); a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusOK {
				t.Errorf("%s, %s at the limit: got %d, want it to be read: %s", call, name, a.StatusCode, a.body)
			}
		}
	}
}

// A body that says it is something else than JSON in UTF-8 is not read.
func TestMediaType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const body = `{"to":"42","category":"order","title":"t"}`
	for value, want := range map[string]int{
		"": 201, "application/json": 201, "application/json; charset=utf-8": 201, `Application/JSON; charset="UTF-8"`: 201,
		"application/vnd.shop+json": 201,
		"text/plain":                415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "text/json": 415,
		"application/json; charset=latin1": 415, "application/jsonp": 415, "json": 415, ";": 415, "text/x+json": 415,
	} {
		a := w.do("POST", "/api/v1/notifications/", body, asApp, header("Content-Type", value))
		if a.StatusCode != want {
			t.Errorf("%q: got %d, want %d", value, a.StatusCode, want)
		}
	}
	a := w.do("POST", "/api/v1/notifications/", body, asApp, header("Content-Encoding", "gzip"))
	if a.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("gzip: got %d, want 415", a.StatusCode)
	}
}

// Words that a client made up come back shortened, and as text.
func TestFaultNamesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{strings.Repeat("x", 10_000), strings.Repeat("ü", 10_000), `<script>\"`} {
		a := w.want(422, w.do("POST", "/api/v1/notifications/", `{"`+name+`":1}`, asApp))
		if len(a.body) > 2000 {
			t.Errorf("got an answer of %d bytes to a name of %d", len(a.body), len(name))
		}
	}
	if a := w.do("POST", "/api/v1/notifications/", "{\"\xff\xfe\":1}", asApp); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a name that is not UTF-8: got %d, want 422", a.StatusCode)
	}
}

// No body and no query makes the server fail: whatever comes is answered by the contract, and never by a 500.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"to":"42","category":"order","title":"t"}`, `{"notifications":[{"to":["a"],"category":"a.b","title":"t"},7]}`,
		`{"state":"read","ids":["` + unknownID + `"]}`, `{"categories":{"*":{"email":false}}}`, `{"email":"a@b.c","data":{"a":[1,{}]}}`,
		`{"read":true}`, `{"connection_id":"x"}`, "\xff", `{"a":"\ud800"}`, `{"to":{"all":true}}`, `[[[`,
	} {
		f.Add([]byte(seed), "limit=1")
	}
	one := newWorld(f)
	f.Fuzz(func(t *testing.T, body []byte, query string) {
		w := one.in(t)
		calls := bodyCalls()
		calls["POST /api/v1/notifications/sse/close/"] = asUser("42")
		calls["POST /api/v1/users/42/tickets/"] = asApp
		for call, who := range calls {
			method, path, _ := strings.Cut(call, " ")
			if a := w.do(method, path, bytes.NewReader(body), who); a.StatusCode >= 500 {
				t.Errorf("%s: got %d: %s", call, a.StatusCode, a.body)
			}
		}
		raw := func(r *http.Request) { r.URL.RawQuery = strings.Map(asQuery, query) }
		if a := w.do("GET", "/api/v1/notifications/", nil, asUser("42"), raw); a.StatusCode >= 500 {
			t.Errorf("%q: got %d: %s", query, a.StatusCode, a.body)
		}
	})
}

// asQuery keeps what can stand in a request line.
func asQuery(r rune) rune {
	if r <= ' ' || r > '~' || r == '#' {
		return -1
	}
	return r
}
