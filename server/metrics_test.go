package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/storetest"
)

// The metrics count requests by route, and know streams, store and bus.
func TestMetrics(t *testing.T) {
	t.Parallel()
	transport, other := "portable", "parked"
	if runtime.GOOS == "linux" {
		transport, other = other, transport
	}
	_, url := start(t, config(storetest.NewMemory()))
	listen(t, url, "42")
	for range 3 {
		do(t, http.MethodGet, url+"/api/v1/users/nobody-"+strings.Repeat("x", 5)+"/", "")
	}
	do(t, "BREW", url+"/healthz", "")
	do(t, http.MethodGet, url+"/no/such/path", "")
	// A request is counted when its answer is out, so each scrape sees all before it but perhaps the last.
	do(t, http.MethodGet, url+"/healthz", "")
	_, h, body := do(t, http.MethodGet, url+"/metrics", "")
	if !strings.HasPrefix(h.Get("Content-Type"), "text/plain") {
		t.Errorf("got type %q", h.Get("Content-Type"))
	}
	for _, want := range []string{
		`belfry_http_requests_total{method="GET",route="/api/v1/users/{user_id}",status="404"} 3`,
		`belfry_http_requests_total{method="other",route="/healthz",status="405"} 1`,
		`belfry_http_requests_total{method="GET",route="none",status="404"} 1`,
		`belfry_http_request_duration_seconds_count{method="GET",route="/api/v1/users/{user_id}"} 3`,
		`belfry_stream_connections 1`,
		`belfry_stream_users 1`,
		`belfry_stream_jammed 0`,
		`belfry_streams{transport="` + transport + `"} 1`,
		`belfry_streams{transport="` + other + `"} 0`,
		`belfry_up{part="store"} 1`,
		`belfry_up{part="bus"} 1`,
		`belfry_build_info{version="1.2.3"} 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if found := regexp.MustCompile(`nobody-x|no/such|BREW`).FindString(body); found != "" {
		t.Errorf("a client's word %q is in the metrics", found)
	}
}

// A sickStore does not answer.
type sickStore struct{ belfry.Store }

func (sickStore) Ping(context.Context) error { return errors.New("no answer") }

// A store that does not answer makes the server unready, not dead.
func TestSickStore(t *testing.T) {
	t.Parallel()
	_, url := start(t, config(sickStore{storetest.NewMemory()}))
	if status, _, _ := do(t, http.MethodGet, url+"/readyz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("got readiness %d, want 503", status)
	}
	if status, _, body := do(t, http.MethodGet, url+"/metrics", ""); status != http.StatusOK || !strings.Contains(body, `belfry_up{part="store"} 0`) {
		t.Errorf("got %d, want belfry_up 0 for the store", status)
	}
	if status, _, _ := do(t, http.MethodGet, url+"/healthz", ""); status != http.StatusOK {
		t.Errorf("got health %d, want 200", status)
	}
}

// A mute bus rings nobody else.
type muteBus struct{ belfry.Bus }

func (muteBus) Ping(context.Context) error { return errors.New("no answer") }

// A bus that does not answer is a warning, and the server goes on serving.
func TestMuteBus(t *testing.T) {
	t.Parallel()
	cfg := config(storetest.NewMemory())
	bus := membus.New()
	cfg.Bus = muteBus{bus}
	_, url := start(t, cfg)
	if status, _, body := do(t, http.MethodGet, url+"/readyz", ""); status != http.StatusOK || !strings.Contains(body, `"warning":"The bus does not answer`) {
		t.Errorf("got readiness %d %s, want a warning", status, body)
	}
	if _, _, body := do(t, http.MethodGet, url+"/metrics", ""); !strings.Contains(body, `belfry_up{part="bus"} 0`) {
		t.Error("want belfry_up 0 for the bus")
	}
	if status, _, body := do(t, http.MethodPost, url+"/api/v1/notifications/", `{"to":"42","category":"order","title":"t"}`); status != http.StatusCreated {
		t.Errorf("a send: got %d %s", status, body)
	}
}

// With a listener of their own the metrics are nowhere else.
func TestHideMetrics(t *testing.T) {
	t.Parallel()
	cfg := config(storetest.NewMemory())
	cfg.HideMetrics = true
	srv, url := start(t, cfg)
	if status, _, _ := do(t, http.MethodGet, url+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("got %d, want 404", status)
	}
	w := httptest.NewRecorder()
	srv.MetricsHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "belfry_build_info") {
		t.Errorf("got %d with %d bytes from the handler", w.Code, w.Body.Len())
	}
}
