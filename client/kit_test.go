package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A reply answers one request.
type reply struct {
	to func(*http.Request) (*http.Response, error)
}

// A wire is a server made of functions, one for each request in turn, without a network: time can be virtual around it.
type wire struct {
	mu       sync.Mutex
	answers  []reply
	requests []*http.Request
	bodies   []string
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests, w.bodies = append(w.requests, r), append(w.bodies, string(body))
	if len(w.answers) == 0 {
		return nil, fmt.Errorf("no answer is left for %s %s", r.Method, r.URL)
	}
	answer := w.answers[0]
	w.answers = w.answers[1:]
	return answer.to(r)
}

func (w *wire) request(t *testing.T, i int) *http.Request {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if i >= len(w.requests) {
		t.Fatalf("want request %d, got %d in all", i, len(w.requests))
	}
	return w.requests[i]
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.requests)
}

// answer is a response of a status, with headers as pairs of name and value.
func answer(status int, body string, header ...string) reply {
	return reply{func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}}
}

func problem(status int, header ...string) reply {
	body := fmt.Sprintf(`{"type":"about:blank","title":"T","status":%d,"detail":"The detail."}`, status)
	return answer(status, body, append(header, "Content-Type", "application/problem+json")...)
}

// events is a stream that gives text, then ends; or stays open and silent when it ends in "…".
func events(text string) reply {
	return reply{func(r *http.Request) (*http.Response, error) {
		text, open := strings.CutSuffix(text, "…")
		body := io.Reader(strings.NewReader(text))
		if open {
			body = io.MultiReader(body, silence{r.Context()})
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(body), Request: r}, nil
	}}
}

// silence is a peer that has gone without a word.
type silence struct{ ctx context.Context }

// Read implements [io.Reader].
func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func fail(err error) reply {
	return reply{func(*http.Request) (*http.Response, error) { return nil, err }}
}

// connect returns a client of a wire with both credentials.
func connect(t *testing.T, answers ...reply) (*client.Client, *wire) {
	t.Helper()
	w := &wire{answers: answers}
	c, err := client.New("http://belfry.test", client.WithAPIKey("the-key"), client.WithHTTPClient(&http.Client{Transport: w}),
		client.WithToken(func(context.Context) (string, error) { return "the-token", nil }))
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}
