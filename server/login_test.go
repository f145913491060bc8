package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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
		_, _ = fmt.Fprint(w, `{"user_id":42}`)
	}))
	t.Cleanup(back.Close)
	const key = "bf_of-the-test-0123456789"
	front := serveBell(t, server.Config{
		Ask: server.Ask{URL: back.URL, Cache: -1}, Recheck: 10 * time.Millisecond, Keys: []server.APIKey{{Name: "shop", Secret: key}},
	})
	stream := request(t, http.MethodGet, front+"/api/v1/notifications/sse/stream/", "", "Cookie", "s=1")
	lines := bufio.NewScanner(stream.body)
	waitFor(t, lines, "event: connection")
	down.Store(true)
	for _, path := range []string{"", "counts/", "sse/stream/"} {
		a := request(t, http.MethodGet, front+"/api/v1/notifications/"+path, "", "Cookie", "s=1")
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%q: got %d, Retry-After %q; want 503 with one", path, a.status, a.header.Get("Retry-After"))
		}
	}
	send := request(t, http.MethodPost, front+"/api/v1/notifications/", `{"to":"42","category":"a","title":"still here"}`,
		"Authorization", "Bearer "+key, "Content-Type", "application/json")
	if send.status != http.StatusCreated {
		t.Errorf("send: got %d", send.status)
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
		if a := request(t, http.MethodGet, front+"/api/v1/notifications/", "", "X-User", user); a.status != want {
			t.Errorf("%.10q: got %d, want %d", user, a.status, want)
		}
	}
	foreign := request(t, http.MethodPost, front+"/api/v1/notifications/sse/close/", "", "X-User", "ada", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if foreign.status != http.StatusForbidden {
		t.Errorf("another site's page: got %d, want 403", foreign.status)
	}
}

// A watch lasts as long as its stream: whether it is parked or not, refused over a cap, or never let begin.
func TestWatchesEndWithTheirStreams(t *testing.T) {
	t.Parallel()
	for name, portable := range map[string]bool{"parked": false, "portable": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front := serveBell(t, server.Config{
				PortableStreams: portable, MaxConnectionsPerUser: 1,
				Authenticate: func(r *http.Request) (string, time.Time, error) { return r.Header.Get("X-User"), time.Time{}, nil },
			})
			const path = "/api/v1/notifications/sse/stream/"
			first := request(t, http.MethodGet, front+path, "", "X-User", "ada")
			waitFor(t, bufio.NewScanner(first.body), "event: connection")
			wantWatched(t, front, 1)
			second := request(t, http.MethodGet, front+path, "", "X-User", "ada")
			waitFor(t, bufio.NewScanner(second.body), `"reason":"limit"`)
			stopped := request(t, http.MethodGet, front+path, "", "X-User", "bob", "Last-Event-ID", "abc-1-1-x")
			if stopped.status != http.StatusNoContent {
				t.Errorf("got %d, want 204", stopped.status)
			}
			wantWatched(t, front, 1)
			_ = first.body.Close()
			wantWatched(t, front, 0)
		})
	}
}

// wantWatched waits until the metrics say how many logins are watched.
func wantWatched(t *testing.T, front string, want int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	line := fmt.Sprintf("belfry_stream_logins_watched %d\n", want)
	for late := time.After(10 * time.Second); ; {
		text, err := io.ReadAll(request(t, http.MethodGet, front+"/metrics", "").body)
		if err == nil && strings.Contains(string(text), line) {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the metrics never said %q", line)
		}
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
		end(t, s)
		front.Close()
	})
	return front.URL
}

// An answer is what a request got; its body is closed when the test ends.
type answer struct {
	status int
	header http.Header
	body   io.ReadCloser
}

// request makes a request with headers as pairs of name and value.
func request(t *testing.T, method, url, body string, headers ...string) answer {
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
	return answer{resp.StatusCode, resp.Header, resp.Body}
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
