package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/api"
)

// A page of an allowed origin may read answers with credentials; every other is told nothing.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for origin, allowed := range map[string]bool{
		goodPage: true, "": false, "null": false, "https://evil.example": false, "http://app.example.com": false,
		"https://app.example.com.evil.example": false, "https://app.example.com:8443": false, "https://APP.example.com": false,
	} {
		for _, a := range []answer{
			w.do("GET", "/api/v1/notifications/counts/", nil, asUser("42"), header("Origin", origin)),
			w.do("GET", "/api/v1/notifications/counts/", nil, header("Origin", origin)),
		} {
			got, credentials := a.Header.Get("Access-Control-Allow-Origin"), a.Header.Get("Access-Control-Allow-Credentials")
			if allowed && (got != origin || credentials != "true") || !allowed && (got != "" || credentials != "") {
				t.Errorf("origin %q: got Allow-Origin %q, Allow-Credentials %q", origin, got, credentials)
			}
			if !strings.Contains(a.Header.Get("Vary"), "Origin") {
				t.Errorf("origin %q: got Vary %q, want Origin in it", origin, a.Header.Get("Vary"))
			}
		}
		a := w.want(204, w.do("OPTIONS", "/api/v1/notifications/mark/", nil, header("Origin", origin), header("Access-Control-Request-Method", "POST")))
		if methods := a.Header.Get("Access-Control-Allow-Methods"); allowed != strings.Contains(methods, "POST") {
			t.Errorf("preflight from %q: got Allow-Methods %q", origin, methods)
		}
		if h := a.Header.Get("Access-Control-Allow-Headers"); allowed != strings.Contains(h, "Authorization") {
			t.Errorf("preflight from %q: got Allow-Headers %q", origin, h)
		}
	}
}

// What is no origin is refused when the server is made.
func TestOriginsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"*", "null", "", "app.example.com", "https://app.example.com/", "https://app.example.com/x", "https://*.example.com/", "ftp://a.b", "https://u@a.b", "https://A.b", "https://a.b?x", "https://a.b#x"} {
		w := newWorld(t)
		if _, err := api.New(api.Config{Service: w.service, Hub: w.hub, Auth: w.auth, Ready: w.ready, AllowedOrigins: []string{bad}}); err == nil {
			t.Errorf("%q was accepted as an origin", bad)
		}
	}
}

// A cookie is sent by the browser for whichever page asks, so what changes something must come from a trusted page.
func TestCookieNeedsTrustedPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signedIn := cookie("belfry_token", token("42"))
	const mark, body = "/api/v1/notifications/mark/", `{"state":"read","all":true}`
	for _, c := range []struct {
		name    string
		status  int
		options []option
	}{
		{"no browser", 200, nil},
		{"same origin", 200, []option{header("Sec-Fetch-Site", "same-origin")}},
		{"typed in", 200, []option{header("Sec-Fetch-Site", "none")}},
		{"another site", 403, []option{header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example")}},
		{"a sister site", 403, []option{header("Sec-Fetch-Site", "same-site"), header("Origin", "https://evil.example.com")}},
		{"old browser, another site", 403, []option{header("Origin", "https://evil.example")}},
		{"hidden origin", 403, []option{header("Origin", "null")}},
		{"allowed origin", 200, []option{header("Sec-Fetch-Site", "cross-site"), header("Origin", goodPage)}},
	} {
		if a := w.do("POST", mark, body, append(c.options, signedIn)...); a.StatusCode != c.status {
			t.Errorf("%s: got %d, want %d: %s", c.name, a.StatusCode, c.status, a.body)
		}
		// A token in a header is no cookie: the page itself put it there.
		if a := w.do("POST", mark, body, append(c.options, asUser("42"))...); a.StatusCode != http.StatusOK {
			t.Errorf("%s with a token: got %d, want 200", c.name, a.StatusCode)
		}
		// Reading changes nothing, and the answer stays with the browser.
		if a := w.do("GET", "/api/v1/notifications/", nil, append(c.options, signedIn)...); a.StatusCode != http.StatusOK {
			t.Errorf("%s reading: got %d, want 200", c.name, a.StatusCode)
		}
	}
}

// Every answer, good or bad, carries the headers that keep browsers careful.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []answer{
		w.do("GET", "/api/v1/notifications/", nil, asUser("42")), w.do("GET", "/nothing", nil), w.do("GET", "/healthz", nil),
		w.do("POST", "/api/v1/notifications/", "{", asApp), w.do("PUT", "/healthz", nil), w.do("GET", "/api/v1/openapi.json", nil),
	} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s %s: got %s %q, want %q", a.Request.Method, a.Request.URL.Path, name, got, want)
			}
		}
	}
}
