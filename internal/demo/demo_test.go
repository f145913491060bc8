package demo_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/demo"
)

const apiKey = "bf_of-the-sample-app"

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// bell answers as a Belfry server does, and keeps what it was sent.
type bell struct {
	*httptest.Server
	got    chan string
	status int
	answer string
}

func newBell(t *testing.T, status int, answer string) *bell {
	t.Helper()
	b := &bell{got: make(chan string, 10), status: status, answer: answer}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.got <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(b.status)
		_, _ = io.WriteString(w, b.answer)
	}))
	t.Cleanup(b.Close)
	return b
}

func newApp(t *testing.T, url string, change func(*demo.Config)) http.Handler {
	t.Helper()
	cfg := demo.Config{
		URL: url, APIKey: apiKey, Now: epoch,
		Sign: func(user string, expires time.Time) (string, error) {
			return user + "|" + expires.Format(time.RFC3339), nil
		},
	}
	if change != nil {
		change(&cfg)
	}
	app, err := demo.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func ask(t *testing.T, app http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8000"+target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

func TestThePageIsServedUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	app := newApp(t, "http://127.0.0.1:8000", nil)
	w := ask(t, app, "GET", "/demo/", "")
	if got := w.Code; got != http.StatusOK {
		t.Fatalf("GET /demo/: %d, want 200", got)
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q; want default-src 'self' and nothing unsafe", policy)
	}
	for _, target := range []string{"/", "/demo"} {
		w := ask(t, app, "GET", target, "")
		if got, want := w.Header().Get("Location"), "/demo/"; w.Code != http.StatusSeeOther || got != want {
			t.Errorf("GET %s: %d to %q, want 303 to %q", target, w.Code, got, want)
		}
	}
	if got := ask(t, app, "GET", "/demo/nothing", "").Code; got != http.StatusNotFound {
		t.Errorf("GET /demo/nothing: %d, want 404", got)
	}
}

func TestASessionIsACookieThatScriptsCannotRead(t *testing.T) {
	t.Parallel()
	w := ask(t, newApp(t, "http://127.0.0.1:8000", nil), "POST", "/demo/session", "")
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies, want 1", len(cookies))
	}
	c := cookies[0]
	if c.Name != "belfry_token" || c.Value != `demo-user|2026-03-01T12:15:00Z` || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 900 {
		t.Errorf("cookie %+v; want an HttpOnly, SameSite=Lax belfry_token of demo-user for 15 minutes", c)
	}
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"user_id": "demo-user", "name": "Demo user", "expires_at": "2026-03-01T12:15:00Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer, -want +got:\n%s", diff)
	}
}

func TestASessionThatCannotBeSignedIsNotMade(t *testing.T) {
	t.Parallel()
	app := newApp(t, "http://127.0.0.1:8000", func(c *demo.Config) {
		c.Sign = func(string, time.Time) (string, error) { return "", errors.New("no secret here") }
	})
	w := ask(t, app, "POST", "/demo/session", "")
	if w.Code != http.StatusInternalServerError || len(w.Result().Cookies()) != 0 || strings.Contains(w.Body.String(), "no secret here") {
		t.Errorf("%d %s; want a bland 500 without a cookie", w.Code, w.Body)
	}
}

func TestTheFormIsSentWithTheKeyOfTheApp(t *testing.T) {
	t.Parallel()
	tests := []struct{ to, want string }{
		{"me", `"to":"demo-user"`},
		{"all", `"to":{"all":true}`},
	}
	for _, tt := range tests {
		t.Run(tt.to, func(t *testing.T) {
			t.Parallel()
			b := newBell(t, http.StatusCreated, `{"id":"0195510e-5a80-7000-8000-000000000001","accepted":1,"notifications":[]}`)
			w := ask(t, newApp(t, b.URL, nil), "POST", "/demo/send", `{"title":"Hi","body":"You","priority":"high","to":"`+tt.to+`"}`)
			if w.Code != http.StatusCreated {
				t.Fatalf("%d %s, want 201", w.Code, w.Body)
			}
			got := <-b.got
			for _, want := range []string{"POST /api/v1/notifications/ Bearer " + apiKey, tt.want, `"title":"Hi"`, `"body":"You"`, `"priority":"high"`, `"category":"demo.form"`} {
				if !strings.Contains(got, want) {
					t.Errorf("sent %s; want %s in it", got, want)
				}
			}
		})
	}
}

func TestTheFormSendsMailWhenAsked(t *testing.T) {
	t.Parallel()
	for mail, want := range map[string]bool{`,"mail":"yes"`: true, ``: false} {
		b := newBell(t, http.StatusCreated, `{"id":"0195510e-5a80-7000-8000-000000000001","accepted":1,"notifications":[]}`)
		if w := ask(t, newApp(t, b.URL, nil), "POST", "/demo/send", `{"title":"Hi"`+mail+`}`); w.Code != http.StatusCreated {
			t.Fatalf("%d %s, want 201", w.Code, w.Body)
		}
		if got := <-b.got; strings.Contains(got, `"channels":["in_app","email"]`) != want {
			t.Errorf("with %q: sent %s", mail, got)
		}
	}
}

func TestWhatTheFormCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	b := newBell(t, http.StatusUnprocessableEntity, `{"title":"Unprocessable","status":422,"detail":"No.","errors":[{"field":"title","message":"is required"}]}`)
	app := newApp(t, b.URL, nil)
	tests := []struct{ name, body, want string }{
		{"no JSON", `title=Hi`, "must be JSON"},
		{"an unknown field", `{"title":"Hi","user":"7"}`, "must be JSON"},
		{"mail to everyone", `{"title":"Hi","to":"all","mail":"yes"}`, "one person"},
		{"somebody else", `{"title":"Hi","to":"7"}`, "me or all"},
		{"a bad priority", `{"title":"Hi","priority":"loud"}`, "must be JSON"},
		{"too much", `{"title":"` + strings.Repeat("x", 70<<10) + `"}`, "must be JSON"},
		{"what the server refuses", `{"title":""}`, `"field":"title"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, app, "POST", "/demo/send", tt.body)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s; want 422 with %q", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestAFailureOfTheServerIsNotTheVisitors(t *testing.T) {
	t.Parallel()
	b := newBell(t, http.StatusUnauthorized, `{"title":"Unauthorized","status":401,"detail":"The key is not known."}`)
	w := ask(t, newApp(t, b.URL, nil), "POST", "/demo/send", `{"title":"Hi"}`)
	if w.Code != http.StatusBadGateway || strings.Contains(w.Body.String(), apiKey) {
		t.Errorf("%d %s; want 502 without the key", w.Code, w.Body)
	}
}

func TestInfoGivesALineToPaste(t *testing.T) {
	t.Parallel()
	var got map[string]string
	w := ask(t, newApp(t, "http://127.0.0.1:8000", nil), "GET", "/demo/info", "")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"curl ", "http://127.0.0.1:8000/api/v1/notifications/", apiKey, `"to":"demo-user"`} {
		if !strings.Contains(got["curl"], want) {
			t.Errorf("curl line %q; want %q in it", got["curl"], want)
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t, "http://127.0.0.1:8000", nil)
	for _, host := range []string{"evil.example.com", "evil.example.com:8000", "10.0.0.1:8000", "127.0.0.1.example.com"} {
		if got := ask(t, app, "GET", "/demo/info", "", "Host", host).Code; got != http.StatusMisdirectedRequest {
			t.Errorf("Host %s: %d, want 421: its key would be shown to whoever owns the name", host, got)
		}
	}
	for _, host := range []string{"127.0.0.1:8000", "localhost", "localhost:8000", "[::1]:8000", "[::1]"} {
		if got := ask(t, app, "GET", "/demo/info", "", "Host", host).Code; got != http.StatusOK {
			t.Errorf("Host %s: %d, want 200", host, got)
		}
	}
	for _, target := range []string{"/demo/session", "/demo/send"} {
		w := ask(t, app, "POST", target, `{"title":"Hi"}`, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.com")
		if w.Code != http.StatusForbidden {
			t.Errorf("POST %s from another site: %d, want 403", target, w.Code)
		}
	}
	open := newApp(t, "http://127.0.0.1:8000", func(c *demo.Config) { c.AnyHost = true })
	if got := ask(t, open, "GET", "/demo/info", "", "Host", "box.lan:8000").Code; got != http.StatusOK {
		t.Errorf("with AnyHost, Host box.lan: %d, want 200", got)
	}
}
