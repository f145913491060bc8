package server_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/storetest"
)

// A limit that is given holds, one that is not is the default, and one that is negative is none.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits server.Limits
		want   int // the status of the third send
	}{
		"given":    {server.Limits{Sends: server.Rate{Count: 1, Per: time.Hour, Burst: 2}}, 429},
		"off":      {server.Limits{Sends: server.Rate{Count: 1, Per: time.Hour, Burst: 2}, Off: true}, 404},
		"negative": {server.Limits{Sends: server.Rate{Count: -1}}, 404},
		"default":  {server.Limits{}, 404},
	} {
		cfg := config(storetest.NewMemory())
		cfg.Limits = c.limits
		_, url := start(t, cfg)
		for range 2 {
			if status, _, _ := do(t, http.MethodGet, url+"/api/v1/users/nobody/", ""); status != http.StatusNotFound {
				t.Errorf("%s: got %d too early", name, status)
			}
		}
		status, h, _ := do(t, http.MethodGet, url+"/api/v1/users/nobody/", "")
		if status != c.want || (status == 429) == (h.Get("Retry-After") == "") {
			t.Errorf("%s: got %d with Retry-After %q, want %d", name, status, h.Get("Retry-After"), c.want)
		}
	}
	cfg := config(storetest.NewMemory())
	cfg.Limits.Reads = server.Rate{Count: 1, Per: 48 * time.Hour}
	if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), "reads") {
		t.Errorf("a rate that cannot be: got %v, want a refusal that names it", err)
	}
}

// What was refused, who waits at the door and when keys were used stands in the metrics, and a proxy that is named is believed.
func TestLimitMetrics(t *testing.T) {
	t.Parallel()
	cfg := config(storetest.NewMemory())
	cfg.Limits.Sends = server.Rate{Count: 1, Per: time.Hour, Burst: 1}
	cfg.Limits.Guests = 1
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(srv)
	srv.Guard(web.Config)
	web.Start()
	t.Cleanup(func() {
		end(t, srv)
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for range 3 {
		do(t, http.MethodGet, web.URL+"/api/v1/users/nobody/", "")
	}
	if err := silent.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(silent); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the silent connection was not ended")
	}
	_, _, body := do(t, http.MethodGet, web.URL+"/metrics", "")
	for _, want := range []string{
		`belfry_limited_total{limit="sends"} 2`, `belfry_limited_total{limit="failures"} 0`, `belfry_guests_evicted_total 1`,
		`belfry_guests_unheard_total 0`,
		"belfry_guest_connections 0", // whoever asks for the metrics was known before, on this connection
		`belfry_api_key_last_used_timestamp_seconds{key="shop"} 1.`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

// A key of the configuration does what its scopes say, and one without any everything.
func TestScopesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	cfg := config(storetest.NewMemory())
	cfg.Keys[0].Scopes = belfry.ScopeSend | belfry.ScopeDeliveries
	srv, url := start(t, cfg)
	for path, want := range map[string]int{"/api/v1/deliveries/": 200, "/api/v1/users/42/": 403} {
		if status, _, body := do(t, http.MethodGet, url+path, ""); status != want {
			t.Errorf("%s: got %d, want %d: %s", path, status, want, body)
		}
	}
	if _, err := srv.Send(t.Context(), &belfry.Send{To: belfry.ToUser("42"), Category: "order", Title: "from Go"}); err != nil {
		t.Error(err)
	}
}

// How large a path and a body may be is a setting, and whoever is over it is told how large.
func TestSizes(t *testing.T) {
	t.Parallel()
	cfg := config(storetest.NewMemory())
	cfg.Limits.URLBytes, cfg.Limits.BodyBytes = 1024, 4096
	_, url := start(t, cfg)
	for _, test := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{http.MethodGet, "/healthz?" + strings.Repeat("x", 1000), "", http.StatusOK, ""},
		{http.MethodGet, "/healthz?" + strings.Repeat("x", 1024), "", http.StatusRequestURITooLong, "1024 bytes"},
		{http.MethodPost, "/api/v1/notifications/", `{"to":"42","category":"c","title":"t","body":"` + strings.Repeat("x", 4000) + `"}`, http.StatusCreated, ""},
		{http.MethodPost, "/api/v1/notifications/", `{"to":"42","category":"c","title":"t","body":"` + strings.Repeat("x", 4096) + `"}`, http.StatusRequestEntityTooLarge, "4096 bytes"},
	} {
		status, _, body := do(t, test.method, url+test.path, test.body)
		if status != test.status || !strings.Contains(body, test.detail) {
			t.Errorf("%s %.30s with %d bytes: got %d %.200s, want %d", test.method, test.path, len(test.body), status, body, test.status)
		}
	}
	cfg.Limits.BodyBytes = belfry.MaxBody + 1
	if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), "at most 524288") {
		t.Errorf("a body larger than the contract has it: %v", err)
	}
}
