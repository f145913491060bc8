package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/dashboard"
	"github.com/belfryhq/belfry/internal/limit"
)

// Over TLS the cookie is one that no neighbour under the same domain can plant, and no other is believed.
func TestSessionOverTLS(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tls := []string{"X-Forwarded-Proto", "https"}
	w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {apiKey}}, nil, tls...)
	cookies := w.Result().Cookies()
	c := cookies[0]
	if c.Name != "__Host-belfry_dashboard" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("got cookie %+v", c)
	}
	if w := d.ask("GET", "/dashboard/", nil, cookies, tls...); w.Code != http.StatusOK {
		t.Errorf("signed in: %d", w.Code)
	}
	planted := []*http.Cookie{{Name: "belfry_dashboard", Value: c.Value}}
	if w := d.ask("GET", "/dashboard/", nil, planted, tls...); w.Code != http.StatusSeeOther {
		t.Errorf("the same without the prefix: %d", w.Code)
	}
}

// The mail is for keys that may see it, and for as long as they may.
func TestScopes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scopes belfry.Scopes
		may    bool
	}{{belfry.ScopeAdmin, true}, {belfry.ScopeDeliveries | belfry.ScopeSend, true}, {belfry.ScopeSend | belfry.ScopeUsers, false}, {0, false}} {
		d := newDesk(t)
		const secret = "bf_of-somebody-0123456789"
		key := belfry.Key{Name: "somebody", Hash: belfry.HashSecret(secret), Scopes: c.scopes, CreatedAt: epoch()}
		if err := d.store.AddKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {secret}}, nil)
		if c.may != (w.Code == http.StatusSeeOther) || c.may == strings.Contains(w.Body.String(), "needs the scope deliveries or admin") {
			t.Errorf("a key that may %v: %d %s", c.scopes, w.Code, w.Body)
		}
		if !c.may {
			continue
		}
		if err := d.store.RemoveKey(t.Context(), "somebody"); err != nil {
			t.Fatal(err)
		}
		key.Scopes = belfry.ScopeUsers // the same secret, which may less now
		if err := d.store.AddKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		d.now = d.now.Add(2 * time.Second)
		if again := d.ask("GET", "/dashboard/", nil, w.Result().Cookies()); again.Code != http.StatusSeeOther {
			t.Errorf("a session of a key that may see mail no more: %d", again.Code)
		}
	}
}

// Guesses of the key end soon, and a flood of visits too.
func TestTooMany(t *testing.T) {
	t.Parallel()
	limits, err := limit.New(limit.Rates{
		limit.Failures: {Count: 1, Per: time.Hour, Burst: 3}, limit.Address: {Count: 1, Per: time.Hour, Burst: 6},
	})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	d := newDesk(t, func(c *dashboard.Config) { c.Limits, c.Now = limits, func() time.Time { return start } })
	for range 3 {
		if w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {"bf_a-guess-of-a-key"}}, nil); w.Code != http.StatusForbidden {
			t.Errorf("a guess: %d", w.Code)
		}
	}
	limited := func(what string, w *httptest.ResponseRecorder) {
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "3600" || !strings.Contains(w.Body.String(), "Too many attempts") {
			t.Errorf("%s: %d %v %s", what, w.Code, w.Header(), w.Body)
		}
	}
	limited("the right key after guesses", d.ask("POST", "/dashboard/sign-in", url.Values{"key": {apiKey}}, nil))
	for range 2 {
		d.ask("GET", "/dashboard/", nil, nil)
	}
	limited("one visit too many", d.ask("GET", "/dashboard/", nil, nil))
}

// Whatever is answered, to whatever is asked, it has the headers that keep browsers careful.
func TestCarefulHeaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, w := range []*httptest.ResponseRecorder{
		d.ask("GET", "/dashboard/", nil, nil), d.ask("GET", "/dashboard", nil, nil), d.ask("GET", "/dashboard/static/dashboard.css", nil, nil),
		d.ask("GET", "/dashboard/nothing", nil, nil), d.ask("PUT", "/dashboard/", nil, nil),
		d.ask("POST", "/dashboard/sign-in", nil, nil, "Sec-Fetch-Site", "cross-site"), d.ask("POST", "/dashboard/sign-in", url.Values{"key": {"x"}}, nil),
		d.ask("GET", "/dashboard/", nil, d.signIn(apiKey)), d.ask("GET", d.page("/source"), nil, d.signIn(apiKey)),
	} {
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Vary": "Cookie",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%d %s: got %s %q, want %q", w.Code, w.Body, name, got, want)
			}
		}
	}
}
