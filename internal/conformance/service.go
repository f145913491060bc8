package conformance

import (
	"net/http"
	"strings"
)

func serviceCases() []Case {
	return []Case{
		{Name: "service: /healthz is alive", Run: func(t *T) { t.public("/healthz").is(http.StatusOK) }},
		{Name: "service: /readyz is ready", Run: func(t *T) { t.public("/readyz").is(http.StatusOK) }},
		{Name: "service: /metrics speaks Prometheus", Run: metrics},
		{Name: "service: openapi.json describes every path", Run: openapi},
		{Name: "service: /belfry.js and what it loads are scripts", Run: script},
		{Name: "service: an unknown path is a 404 problem", Run: func(t *T) {
			t.public("/no/such/thing").is(http.StatusNotFound)
			t.public("/api/v1/nothing").is(http.StatusNotFound)
			t.public("/api/v2/notifications/").is(http.StatusNotFound)
		}},
		{Name: "service: dots and double slashes in a path are no way around", Run: func(t *T) {
			for _, path := range []string{"/api/v1/../v1/notifications/counts/", "/api/v1//notifications/counts/", "/api/v1/%2e%2e/"} {
				t.public(path).is(http.StatusNotFound, http.StatusUnauthorized, http.StatusBadRequest)
			}
		}},
		{Name: "service: an address over 8 KiB is a 414, and none is worth more", Run: func(t *T) {
			long := "?x=" + strings.Repeat("x", 9<<10)
			t.public("/healthz" + long).is(http.StatusRequestURITooLong)
			t.do(call{as: t.person().as(), method: http.MethodGet, path: countsPath + long}).is(http.StatusRequestURITooLong)
			t.do(call{as: t.appKey(), method: http.MethodPost, path: notificationsPath + long, body: t.person().body("A", nil)}).is(http.StatusRequestURITooLong)
		}},
		{Name: "request id: a given one is answered", Run: func(t *T) {
			for _, id := range []string{"abc-123", strings.Repeat("a", 64), "01JD-x_y.z:7"} {
				a := t.do(call{method: http.MethodGet, path: "/healthz", header: map[string]string{"X-Request-Id": id}})
				equal(t, "X-Request-Id", id, a.header.Get("X-Request-Id"))
			}
		}},
		{Name: "request id: each request has its own", Run: func(t *T) {
			if a, b := t.public("/healthz").header.Get("X-Request-Id"), t.public("/healthz").header.Get("X-Request-Id"); a == b {
				t.Errorf("two requests have the id %q", a)
			}
		}},
		{Name: "request id: an endless one is replaced", Run: func(t *T) {
			given := strings.Repeat("x", 5000)
			got := t.do(call{method: http.MethodGet, path: "/healthz", header: map[string]string{"X-Request-Id": given}}).header.Get("X-Request-Id")
			if got == given || got == "" {
				t.Errorf("X-Request-Id: want a new one, got one of %d bytes", len(got))
			}
		}},
		{Name: "request id: one that is not ASCII is replaced", Run: func(t *T) {
			got := t.do(call{method: http.MethodGet, path: "/healthz", header: map[string]string{"X-Request-Id": "bell\u2028🔔"}}).header.Get("X-Request-Id")
			if got == "" || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("X-Request-Id: want a new one of printable ASCII, got %q", got)
			}
		}},
		{Name: "request id: a refusal has one", Run: func(t *T) {
			a := t.do(call{method: http.MethodGet, path: countsPath, header: map[string]string{"X-Request-Id": "conformance-7"}}).is(http.StatusUnauthorized)
			equal(t, "X-Request-Id", "conformance-7", a.header.Get("X-Request-Id"))
		}},
	}
}

// public makes a request that needs no credential.
func (t *T) public(path string) *answer { return t.do(call{method: http.MethodGet, path: path}) }

func metrics(t *T) {
	a := t.public("/metrics")
	if a.status == http.StatusNotFound {
		t.NotRunf("/metrics is not here; it may have a listener of its own")
	}
	a.is(http.StatusOK)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || !strings.Contains(string(a.body), "# TYPE ") {
		t.Errorf("want Prometheus text, got %q: %s", a.header.Get("Content-Type"), short(string(a.body)))
	}
}

func openapi(t *T) {
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	t.public("/api/v1/openapi.json").is(http.StatusOK).into(&doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi: want 3.1, got %q", doc.OpenAPI)
	}
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+generic(path)] = true
		}
	}
	for _, r := range routes() {
		if want := r.method + " " + generic(r.path); !described[want] {
			t.Errorf("openapi.json does not describe %s", want)
		}
	}
}

// generic makes one form of all parameters' names, and drops the trailing slash.
func generic(path string) string {
	parts := strings.Split(strings.TrimRight(path, "/"), "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

func script(t *T) {
	for _, path := range []string{"/belfry.js", "/api/v1/parts/de.js", "/api/v1/parts/preferences.js"} {
		a := t.public(path).is(http.StatusOK)
		if kind := a.header.Get("Content-Type"); !strings.Contains(kind, "javascript") {
			t.Errorf("%s: Content-Type: want JavaScript, got %q", path, kind)
		}
		if len(a.body) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}
