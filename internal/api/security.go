package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

type header struct {
	name  string // canonical
	value []string
}

// securityHeaders are on every answer: nothing here is a page, may be framed, or is anything but what its type says.
// Nothing is cached unless its handler says otherwise.
func securityHeaders() []header {
	return []header{
		{"Cache-Control", []string{"no-store"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Vary", []string{"Origin"}},
	}
}

// allowOrigins prepares the answers to allowed origins, and trusts them with cookies.
func allowOrigins(origins []string) (map[string][]string, *http.CrossOriginProtection, error) {
	csrf := http.NewCrossOriginProtection()
	allowed := make(map[string][]string, len(origins))
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || o != u.Scheme+"://"+strings.ToLower(u.Host) {
			return nil, nil, fmt.Errorf("%.100q is not an origin: write it as browsers do, like https://app.example.com, without a path or a wildcard", o)
		}
		if err := csrf.AddTrustedOrigin(o); err != nil {
			return nil, nil, fmt.Errorf("trust origin: %w", err)
		}
		allowed[o] = []string{o}
	}
	return allowed, csrf, nil
}

// crossOrigin lets pages of allowed origins read the answer. For all others the browser denies it, since nothing is said.
func (a *API) crossOrigin(c *call) {
	origin := c.r.Header.Get("Origin")
	if origin == "" {
		return
	}
	value, ok := a.origins[origin]
	if !ok {
		return
	}
	h := c.Header()
	h["Access-Control-Allow-Origin"] = value
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, Idempotency-Replay, Retry-After")
}

// options answers OPTIONS, which is the browser's question whether a page may send what it is about to.
func (a *API) options(c *call, allow string) error {
	if h := c.Header(); h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", allow)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id")
		h.Set("Access-Control-Max-Age", "600")
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}
