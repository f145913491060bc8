package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/storetest"
)

// While the back end is down, new streams and requests are told to come back, and an open stream goes on.
func TestBackEndIsDown(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, `{"user_id":42}`)
	}))
	t.Cleanup(back.Close)
	const key = "bf_of-the-test-0123456789"
	front := serveBell(t, server.Config{
		Ask: server.Ask{URL: back.URL, Cache: -1}, Recheck: 10 * time.Millisecond, Keys: []server.APIKey{{Name: "shop", Secret: key}},
	})
	stream := request(t, http.MethodGet, front+"/api/v1/notifications/sse/stream/", "", "Cookie", "s=1")
	lines := bufio.NewScanner(stream.Body)
	waitFor(t, lines, "event: connection")
	down.Store(true)
	for _, path := range []string{"", "counts/", "sse/stream/"} {
		a := request(t, http.MethodGet, front+"/api/v1/notifications/"+path, "", "Cookie", "s=1")
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			t.Errorf("%q: got %d, Retry-After %q; want 503 with one", path, a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
	send := request(t, http.MethodPost, front+"/api/v1/notifications/", `{"to":"42","category":"a","title":"still here"}`,
		"Authorization", "Bearer "+key, "Content-Type", "application/json")
	if send.StatusCode != http.StatusCreated {
		t.Errorf("send: got %d", send.StatusCode)
	}
	waitFor(t, lines, "still here")
}

// A program's own login lets its people in, and its failure is a 503.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	front := serveBell(t, server.Config{Authenticate: func(r *http.Request) (string, time.Time, error) {
		switch user := r.Header.Get("X-User"); user {
		case "down":
			return "", time.Time{}, errors.New("the sessions cannot be read")
		case "late":
			return user, time.Now().Add(-time.Second), nil
		default:
			return user, time.Time{}, nil
		}
	}})
	for user, want := range map[string]int{"ada": http.StatusOK, "": http.StatusUnauthorized, "down": http.StatusServiceUnavailable, "late": http.StatusUnauthorized, strings.Repeat("x", 256): http.StatusServiceUnavailable} {
		if a := request(t, http.MethodGet, front+"/api/v1/notifications/", "", "X-User", user); a.StatusCode != want {
			t.Errorf("%.10q: got %d, want %d", user, a.StatusCode, want)
		}
	}
	foreign := request(t, http.MethodPost, front+"/api/v1/notifications/sse/close/", "", "X-User", "ada", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if foreign.StatusCode != http.StatusForbidden {
		t.Errorf("another site's page: got %d, want 403", foreign.StatusCode)
	}
}

func serveBell(t *testing.T, c server.Config) (url string) {
	t.Helper()
	c.Store = storetest.NewMemory()
	s, err := server.New(c)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(t.Context()); err != nil && !errors.Is(err, t.Context().Err()) {
			t.Error(err)
		}
		front.Close()
	})
	return front.URL
}

// request makes a request with headers as pairs of name and value.
func request(t *testing.T, method, url, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func waitFor(t *testing.T, lines *bufio.Scanner, text string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return
		}
	}
	t.Fatalf("the stream ended before %q: %v", text, lines.Err())
}
