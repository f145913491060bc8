package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/internal/stream"
	"github.com/belfryhq/belfry/storetest"
)

const (
	appKey    = "bf_test-key-of-the-shop-0123456789"
	otherKey  = "bf_test-key-of-the-blog-0123456789"
	jwtSecret = "a-secret-of-the-tests-0123456789abcdef"
	goodPage  = "https://app.example.com"
)

// A world is the whole API over a real listener. What it answers is held to the contract.
type world struct {
	testing.TB
	url     string
	client  *http.Client
	store   belfry.Store
	outbox  belfry.Outbox // of the store; nobody works it off
	bus     belfry.Bus
	service *notify.Service
	hub     *stream.Hub
	auth    *auth.Authenticator
	ready   func(context.Context) error
	log     *bytes.Buffer // what was logged, guarded by hold
	hold    *syncWriter
	seen    *observations
}

// newWorld starts one. Each change may replace a part before it is built.
func newWorld(t testing.TB, changes ...func(*api.Config, *world)) *world {
	t.Helper()
	w := &world{TB: t, store: storetest.NewMemory(), bus: membus.New(), log: &bytes.Buffer{}, seen: &observations{}}
	w.hold = &syncWriter{w: w.log}
	w.ready = func(context.Context) error { return nil }
	c := api.Config{
		AllowedOrigins: []string{goodPage}, Version: "1.2.3", Script: []byte("export default 1;\n"), Parts: fstest.MapFS{"de.js": {Data: []byte("export default 1;\n")}}, Observe: w.seen.add,
		Logger: slog.New(slog.NewJSONHandler(w.hold, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Ready:  func(ctx context.Context) error { return w.ready(ctx) },
	}
	for _, change := range changes {
		change(&c, w)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.outbox, _ = w.store.(belfry.Outbox)
	w.service, err = notify.New(notify.Config{Store: w.store, Outbox: w.outbox, Bus: w.bus, Logger: c.Logger})
	must(err)
	w.hub, err = stream.New(stream.Config{Store: w.store, Epoch: w.store.Epoch(), Bus: w.bus, MaxPerUser: 3})
	must(err)
	c.Auth, err = auth.New(auth.Config{
		Store: w.store, Keys: []auth.NamedKey{{Name: "shop", Secret: appKey}, {Name: "blog", Secret: otherKey}},
		JWT: auth.JWT{Secret: []byte(jwtSecret)},
	})
	must(err)
	c.Service, c.Hub, w.auth = w.service, w.hub, c.Auth
	handler, err := api.New(c)
	must(err)
	srv := httptest.NewServer(handler)
	w.url, w.client = srv.URL, contractClient(t)
	t.Cleanup(func() {
		// t's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.hub.Close(ctx); err != nil {
			t.Errorf("close hub: %v", err)
		}
		srv.Close()
	})
	return w
}

func contractClient(t testing.TB) *http.Client {
	return &http.Client{
		Transport:     &contractTransport{t: t, next: http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// in is the same world, whose failures are another test's.
func (w *world) in(t testing.TB) *world {
	other := *w
	other.TB, other.client = t, contractClient(t)
	return &other
}

// eventually waits until a condition holds; the test fails when it does not within ten seconds.
func (w *world) eventually(holds func() bool) {
	w.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			w.Fatal("the condition did not come to hold")
		}
	}
}

// An answer is a response, read to its end.
type answer struct {
	*http.Response
	body string
}

// request builds a request; each option changes it.
type option func(*http.Request)

func asApp(r *http.Request) { r.Header.Set("Authorization", "Bearer "+appKey) }

func asUser(id string) option {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token(id)) }
}

func token(id string) string {
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"user_id": id, "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(jwtSecret))
	if err != nil {
		panic(err)
	}
	return s
}

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func cookie(name, value string) option {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: name, Value: value}) }
}

// do sends a request; body nil is none, a string is sent as it is, anything else as JSON.
func (w *world) do(method, path string, body any, options ...option) answer {
	w.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case io.Reader:
		reader = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, reader)
	if err != nil {
		w.Fatal(err)
	}
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		o(r)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatalf("%s %s: read answer: %v", method, path, err)
	}
	return answer{resp, string(raw)}
}

// want fails the test unless the answer has the status.
func (w *world) want(status int, a answer) answer {
	w.Helper()
	if a.StatusCode != status {
		w.Fatalf("%s %s: got status %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	return a
}

// into decodes the answer.
func into[T any](w *world, a answer) T {
	w.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		w.Fatalf("decode %q: %v", a.body, err)
	}
	return v
}

type accepted struct {
	ID            string
	Accepted      int
	Notifications []struct {
		ID     string
		UserID string `json:"user_id"`
	}
}

type page struct {
	Results        []belfry.Notification
	Next           *string
	Cursor         string
	Unread, Unseen int
}

type problem struct {
	Status int
	Detail string
	Errors []belfry.FieldError
}

// fields joins the names of the fields at fault.
func (p problem) fields() string {
	names := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		names[i] = f.Field
	}
	return strings.Join(names, ",")
}

// send sends one notification and returns what it was answered with.
func (w *world) send(fields map[string]any, options ...option) accepted {
	w.Helper()
	all := map[string]any{"category": "order.assigned", "title": "Order 1138 is yours"}
	for k, v := range fields {
		all[k] = v
	}
	a := w.want(http.StatusCreated, w.do("POST", "/api/v1/notifications/", all, append([]option{asApp}, options...)...))
	return into[accepted](w, a)
}

func (w *world) list(user, query string) page {
	w.Helper()
	return into[page](w, w.want(http.StatusOK, w.do("GET", "/api/v1/notifications/"+query, nil, asUser(user))))
}

func titles(p page) string {
	var b strings.Builder
	for _, n := range p.Results {
		fmt.Fprintf(&b, "%s ", n.Title)
	}
	return strings.TrimSpace(b.String())
}

func escape(segment string) string { return url.PathEscape(segment) }
