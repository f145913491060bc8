package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
	"github.com/belfryhq/belfry/storetest"
)

// TestMain checks that nothing is left running. In a child process it is the load of a benchmark.
func TestMain(m *testing.M) {
	if url := os.Getenv(loadVariable); url != "" {
		load(url)
		return
	}
	goleak.VerifyTestMain(m)
}

const appKey = "bf_test-key-of-the-shop-0123456789"

func config(store belfry.Store) server.Config {
	return server.Config{
		Store: store, Keys: []server.APIKey{{Name: "shop", Secret: appKey}}, Logger: slog.New(slog.DiscardHandler), Version: "1.2.3",
		JWT: server.JWT{Secret: []byte("a-secret-of-the-tests-0123456789abcdef")},
	}
}

func open(t *testing.T) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return store
}

func start(t *testing.T, cfg server.Config) (*server.Server, string) {
	t.Helper()
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return srv, serve(t, srv)
}

// serve puts a server behind a listener until the test ends, and closes it then.
func serve(t *testing.T, srv *server.Server) (url string) {
	t.Helper()
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		end(t, srv)
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return web.URL
}

func end(t *testing.T, srv *server.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := srv.Close(ctx); err != nil {
		t.Errorf("close server: %v", err)
	}
}

func do(t *testing.T, method, url, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+appKey)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(raw)
}

func ticket(t *testing.T, url, user string) string {
	t.Helper()
	status, _, body := do(t, http.MethodPost, url+"/api/v1/users/"+user+"/tickets/", "")
	if status != http.StatusCreated {
		t.Fatalf("ticket: got %d %s", status, body)
	}
	_, rest, _ := strings.Cut(body, `"ticket":"`)
	secret, _, _ := strings.Cut(rest, `"`)
	return secret
}

// listen opens a person's stream and reads its first event.
func listen(t *testing.T, url, user string) *sse.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/notifications/sse/stream/?ticket="+ticket(t, url, user), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	events := sse.NewReader(resp.Body)
	if e := next(t, events); e.Name != "connection" {
		t.Fatalf("got %+v first, want connection", e)
	}
	return events
}

func next(t *testing.T, events *sse.Reader) sse.Event {
	t.Helper()
	e, err := events.Next()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What is sent by Go or by HTTP arrives live, and stands in the database.
func TestServer(t *testing.T) {
	t.Parallel()
	srv, url := start(t, config(open(t)))
	events := listen(t, url, "42")
	a, err := srv.Send(t.Context(), &belfry.Send{To: belfry.ToUser("42"), Category: "order", Title: "from Go"})
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.Name != "message" || !strings.Contains(e.Data, a.ID.String()) {
		t.Errorf("got %+v, want the notification", e)
	}
	if e := next(t, events); e.Name != "counts" || e.Data != `{"unread":1,"unseen":1}` {
		t.Errorf("got %+v, want the counts", e)
	}
	if status, _, body := do(t, http.MethodGet, url+"/api/v1/notifications/"+a.ID.String()+"/", ""); status != http.StatusOK || !strings.Contains(body, "from Go") {
		t.Errorf("got %d %s", status, body)
	}
	_, err = srv.Send(t.Context(), &belfry.Send{To: belfry.ToUser("42")})
	if e, ok := errors.AsType[*belfry.Error](err); !ok || e.Code != belfry.CodeInvalid {
		t.Errorf("got %v for a send without a title, want a refusal", err)
	}
	if status, h, body := do(t, http.MethodGet, url+"/api/v1/parts/preferences.js", ""); status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") || !strings.Contains(body, "../../../belfry.js") {
		t.Errorf("/api/v1/parts/preferences.js: got %d, %q, %d bytes", status, h.Get("Content-Type"), len(body))
	}
	if status, h, body := do(t, http.MethodGet, url+"/belfry.js", ""); status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") || !strings.Contains(body, "belfry-bell") {
		t.Errorf("/belfry.js: got %d, %q, %d bytes", status, h.Get("Content-Type"), len(body))
	}
}

// A configuration that can't work is refused by the name of what is wrong, and leaves nothing running.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	store := storetest.NewMemory()
	for name, change := range map[string]func(*server.Config){
		"Store":          func(c *server.Config) { c.Store = nil },
		"heartbeat":      func(c *server.Config) { c.Heartbeat = 31 * time.Second },
		"MaxConnections": func(c *server.Config) { c.MaxConnections = -1 },
		"origin":         func(c *server.Config) { c.AllowedOrigins = []string{"*"} },
		"API keys":       func(c *server.Config) { c.Keys = []server.APIKey{{Name: "a"}} },
		"JWT":            func(c *server.Config) { c.JWT.Secret = []byte("short") },
		"PublicKey":      func(c *server.Config) { c.JWT.PublicKey = []byte("x") },
	} {
		c := config(store)
		change(&c)
		srv, err := server.New(c)
		if err == nil {
			end(t, srv)
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(err.Error(), name) {
			t.Errorf("got %q, want it to name %s", err, name)
		}
	}
}

// Closing tells every stream, turns the server unready, refuses new streams, answers the rest, and may be done twice.
func TestClose(t *testing.T) {
	t.Parallel()
	bus := membus.New()
	cfg := config(open(t))
	cfg.Bus = bus
	srv, url := start(t, cfg)
	events := listen(t, url, "42")
	if status, _, _ := do(t, http.MethodGet, url+"/readyz", ""); status != http.StatusOK {
		t.Errorf("got readiness %d before closing", status)
	}
	end(t, srv)
	if e := next(t, events); e.Name != "close" || !strings.Contains(e.Data, `"drain"`) {
		t.Errorf("got %+v, want close by drain", e)
	}
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200} {
		if status, _, body := do(t, http.MethodGet, url+path, ""); status != want {
			t.Errorf("%s after closing: got %d, want %d: %s", path, status, want, body)
		}
	}
	status, _, body := do(t, http.MethodGet, url+"/api/v1/notifications/sse/stream/?ticket="+ticket(t, url, "42"), "")
	if status != http.StatusOK || !strings.Contains(body, `"drain"`) {
		t.Errorf("a new stream after closing: got %d %s, want it turned away", status, body)
	}
	if status, _, body := do(t, http.MethodPost, url+"/api/v1/notifications/", `{"to":"42","category":"order","title":"t"}`); status != http.StatusCreated {
		t.Errorf("a send after closing: got %d %s", status, body)
	}
	end(t, srv)
	if err := bus.Ping(t.Context()); err != nil {
		t.Errorf("the bus that was handed in was closed: %v", err)
	}
}

// Two nodes on one store and bus: what is sent to one arrives at the other, and an erasure ends streams on both.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	cfg := config(open(t))
	cfg.Bus = membus.New()
	_, one := start(t, cfg)
	_, two := start(t, cfg)
	events := listen(t, two, "42")
	if status, _, body := do(t, http.MethodPost, one+"/api/v1/notifications/", `{"to":"42","category":"order","title":"t"}`); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	if e := next(t, events); e.Name != "message" {
		t.Errorf("got %+v, want the notification", e)
	}
	next(t, events) // counts
	if status, _, body := do(t, http.MethodDelete, one+"/api/v1/users/42/", ""); status != http.StatusNoContent {
		t.Fatalf("got %d %s", status, body)
	}
	if e := next(t, events); e.Name != "close" || !strings.Contains(e.Data, `"revoked"`) {
		t.Errorf("got %+v, want close by revoked", e)
	}
}

// What expires leaves the stream by itself.
func TestExpiry(t *testing.T) {
	t.Parallel()
	srv, url := start(t, config(open(t)))
	events := listen(t, url, "42")
	send := &belfry.Send{To: belfry.ToUser("42"), Category: "order", Title: "short", ExpiresAt: time.Now().Add(300 * time.Millisecond)}
	if _, err := srv.Send(t.Context(), send); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"message", "counts", "delete", "counts"} {
		if e := next(t, events); e.Name != want {
			t.Errorf("got %+v, want %s", e, want)
		}
	}
	if late := time.Since(send.ExpiresAt); late < 0 || late > 5*time.Second {
		t.Errorf("it was gone %v after it expired", late)
	}
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	a, err := server.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	b, err := server.NewKey()
	if err != nil || a == b || !strings.HasPrefix(a, "bf_") || len(a) < 40 {
		t.Errorf("got keys %d and %d long, error %v", len(a), len(b), err)
	}
}
