package demo

import (
	"net"
	"net/http"
)

// policy lets the page load what this server gives, and nothing else; connect-src is part of it.
const policy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// guard sets the security headers and refuses foreign host names.
func (a *app) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // a new version's page must not meet an old one's script
		if !a.AnyHost && !thisMachine(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "The sample app answers only to names of this machine, like 127.0.0.1 and localhost.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func thisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || host == "[::1]"
}
