package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
)

// A sane request id is taken over, any other replaced.
func TestRequestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id, taken := range map[string]bool{
		"abc-123": true, "a b": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "ü": false, "a\tb": false, "": false,
	} {
		got := w.do("GET", "/healthz", nil, header("X-Request-Id", id)).Header.Get("X-Request-Id")
		if taken != (got == id) || got == "" {
			t.Errorf("sent %q: got %q; taken over: want %v", id, got, taken)
		}
	}
	if a, b := w.do("GET", "/healthz", nil), w.do("GET", "/healthz", nil); a.Header.Get("X-Request-Id") == b.Header.Get("X-Request-Id") {
		t.Errorf("two requests got the same id %q", a.Header.Get("X-Request-Id"))
	}
}

// A failing store is a store whose sends and reads fail as told.
type failing struct {
	belfry.Store
	err error
}

func (f *failing) Accept(context.Context, []belfry.Accept) ([]belfry.Accepted, error) {
	return nil, f.err
}

func (f *failing) User(context.Context, string) (belfry.User, error) { panic("a bug in the store") }

func withStore(err error) func(*api.Config, *world) {
	return func(_ *api.Config, w *world) { w.store = &failing{w.store, err} }
}

// Belfry's own failures are told in general words, and the log has the rest under the request's id.
func TestFailuresStayInside(t *testing.T) {
	t.Parallel()
	const inside = "open /var/lib/belfry.db: disk I/O error"
	for _, c := range []struct {
		err    error
		status int
	}{
		{errors.New(inside), 500},
		{errors.Join(belfry.ErrFull, errors.New(inside)), 507},
		{belfry.Errorf(belfry.CodeUnavailable, "The database does not answer."), 503},
		{context.DeadlineExceeded, 503},
	} {
		w := newWorld(t, withStore(c.err))
		a := w.want(c.status, w.do("POST", "/api/v1/notifications/", `{"to":"42","category":"order","title":"t"}`, asApp, header("X-Request-Id", "req-7")))
		if strings.Contains(a.body, "disk I/O") {
			t.Errorf("%v: the client was told %s", c.err, a.body)
		}
		b := w.want(c.status, w.do("POST", "/api/v1/notifications/bulk/", `{"notifications":[{"to":"42","category":"order","title":"t"}]}`, asApp))
		if strings.Contains(b.body, "disk I/O") {
			t.Errorf("%v: the client was told %s", c.err, b.body)
		}
		if !slices.ContainsFunc(w.lines(), func(l map[string]any) bool {
			return l["level"] == "ERROR" && l["request_id"] == "req-7" && strings.Contains(l["error"].(string), c.err.Error())
		}) {
			t.Errorf("%v: the log does not have it: %s", c.err, w.log)
		}
	}
}

// A panic in one request is that request's failure.
func TestPanic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStore(nil))
	a := w.want(500, w.do("GET", "/api/v1/users/42/", nil, asApp))
	if strings.Contains(a.body, "bug") {
		t.Errorf("the client was told %s", a.body)
	}
	w.want(200, w.do("GET", "/healthz", nil))
	if !slices.ContainsFunc(w.lines(), func(l map[string]any) bool {
		text, _ := l["error"].(string)
		return l["level"] == "ERROR" && strings.Contains(text, "a bug in the store") && strings.Contains(text, "call_test.go")
	}) {
		t.Errorf("the log does not have the panic and where it was: %s", w.log)
	}
}

// An answer that breaks off does not look whole.
func TestPanicInMidAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *api.Config, _ *world) {
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte("half of it"))
			_ = http.NewResponseController(w).Flush()
			panic("a bug in the metrics")
		})
	})
	resp, err := http.Get(w.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got %q as a whole answer", body)
	}
	w.eventually(func() bool { return slices.Contains(w.seen.list(), observation{"GET", "/metrics", 200}) })
}

// lines returns what was logged so far.
func (w *world) lines() []map[string]any {
	w.Helper()
	w.hold.mu.Lock()
	defer w.hold.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			w.Fatalf("log line %q: %v", line, err)
		}
		all = append(all, l)
	}
	return all
}

// Each request is one line, without its secrets, and one observation by its route.
func TestLogAndObservation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := token("42")
	ticket := into[struct{ Ticket string }](w, w.want(201, w.do("POST", "/api/v1/users/42/tickets/", nil, asApp, header("X-Request-Id", "r1")))).Ticket
	w.do("GET", "/api/v1/notifications/counts?ticket="+ticket, nil, header("X-Request-Id", "r2"))
	w.do("GET", "/api/v1/notifications/?token="+secret+"&limit=5", nil, header("X-Request-Id", "r3"))
	w.do("GET", "/api/v1/notifications/?token=bad&limit=5", nil, header("X-Request-Id", "r4"))
	w.do("GET", "/healthz", nil, header("X-Request-Id", "r5"))
	w.do("GET", "/no/such/path", nil, header("X-Request-Id", "r6"))
	want := map[string][4]any{ // level, path, status, principal
		"r1": {"INFO", "/api/v1/users/42/tickets/", 201.0, "app"},
		"r2": {"INFO", "/api/v1/notifications/counts?ticket=REDACTED", 200.0, "user"},
		"r3": {"INFO", "/api/v1/notifications/?token=REDACTED&limit=5", 200.0, "user"},
		"r4": {"INFO", "/api/v1/notifications/?token=REDACTED&limit=5", 401.0, "nobody"},
		"r5": {"DEBUG", "/healthz", 200.0, "nobody"},
		"r6": {"INFO", "/no/such/path", 404.0, "nobody"},
	}
	// The line is written after the answer, so the last ones may still be to come.
	w.eventually(func() bool {
		n := 0
		for _, l := range w.lines() {
			if l["msg"] == "request" {
				n++
			}
		}
		return n == len(want)
	})
	for _, l := range w.lines() {
		id, _ := l["request_id"].(string)
		if got := [4]any{l["level"], l["path"], l["status"], l["principal"]}; l["msg"] == "request" && got != want[id] {
			t.Errorf("%s: got %v, want %v", id, got, want[id])
		}
	}
	for _, s := range []string{ticket, secret, appKey} {
		if strings.Contains(w.log.String(), s) {
			t.Errorf("the log has a secret: %s", w.log)
		}
	}
	for _, o := range []observation{
		{"POST", "/api/v1/users/{user_id}/tickets", 201}, {"GET", "/api/v1/notifications/counts", 200}, {"GET", "", 404},
	} {
		if !slices.Contains(w.seen.list(), o) {
			t.Errorf("got observations %v, want %v among them", w.seen.list(), o)
		}
	}
}

// HEAD is GET without a body.
func TestHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, who := range map[string]option{"/api/v1/notifications/": asUser("42"), "/healthz": asApp, "/api/v1/openapi.json": asApp, "/belfry.js": asApp} {
		if a := w.do(http.MethodHead, path, nil, who); a.StatusCode != http.StatusOK || a.body != "" {
			t.Errorf("%s: got %d with %d bytes, want 200 with none", path, a.StatusCode, len(a.body))
		}
	}
}
