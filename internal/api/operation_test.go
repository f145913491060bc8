package api_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/api"
)

// The contract is served as JSON.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.want(200, w.do("GET", "/api/v1/openapi.json", nil))
	doc := into[struct {
		OpenAPI string
		Paths   map[string]any
	}](w, a)
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || len(doc.Paths) < 10 {
		t.Errorf("got OpenAPI %q with %d paths", doc.OpenAPI, len(doc.Paths))
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.want(200, w.do("GET", "/healthz", nil)); a.body != `{"status":"ok","version":"1.2.3"}` {
		t.Errorf("got %s", a.body)
	}
	if a := w.want(200, w.do("GET", "/readyz", nil)); a.body != `{"status":"ready"}` {
		t.Errorf("got %s", a.body)
	}
	sick := newWorld(t, func(_ *api.Config, w *world) {
		w.ready = func(context.Context) error { return errors.New("the disk at /var/lib is gone") }
	})
	if a := sick.want(503, sick.do("GET", "/readyz", nil)); strings.Contains(a.body, "/var/lib") {
		t.Errorf("the client was told %s", a.body)
	}
	sick.want(200, sick.do("GET", "/healthz", nil))
}

// Without a handler for them there are no metrics, and without a script no /belfry.js.
func TestAbsentParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *api.Config, _ *world) {
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "up 1\n")
		})
	})
	if a := w.want(200, w.do("GET", "/metrics", nil)); a.body != "up 1\n" {
		t.Errorf("got %q", a.body)
	}
	bare := newWorld(t, func(c *api.Config, _ *world) { c.Script, c.Parts = nil, nil })
	bare.want(404, bare.do("GET", "/metrics", nil))
	for _, path := range scriptPaths() {
		if a := bare.plain(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d for a script that is not there", path, a.StatusCode)
		}
	}
}

// plain asks without holding the answer to the contract, in which there always is a script.
func (w *world) plain(path string) answer {
	w.client = &http.Client{}
	return w.do("GET", path, nil)
}

func scriptPaths() []string { return []string{"/belfry.js", "/api/v1/parts/de.js"} }

// The script comes with its type, compressed where that is taken, and only when it changed.
func TestScript(t *testing.T) {
	t.Parallel()
	for _, path := range scriptPaths() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			testScript(t, path)
		})
	}
}

func testScript(t *testing.T, path string) {
	t.Helper()
	w := newWorld(t)
	const script = "export default 1;\n"
	for accept, zipped := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "identity": false, "gzip;q=0": false, "br": false} {
		a := w.want(200, w.do("GET", path, nil, header("Accept-Encoding", accept)))
		text := a.body
		if zipped {
			r, err := gzip.NewReader(strings.NewReader(a.body))
			if err != nil {
				t.Fatalf("%s: %v", accept, err)
			}
			raw, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			text = string(raw)
		}
		if text != script || zipped != (a.Header.Get("Content-Encoding") == "gzip") {
			t.Errorf("%s: got %q, encoding %q", accept, text, a.Header.Get("Content-Encoding"))
		}
		if got := a.Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
			t.Errorf("got type %q", got)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("another site's page could not load it: %v", a.Header)
		}
		tag := a.Header.Get("ETag")
		w.want(304, w.do("GET", path, nil, header("Accept-Encoding", accept), header("If-None-Match", `"other", `+tag)))
		w.want(200, w.do("GET", path, nil, header("If-None-Match", `"other"`)))
	}
}

// Every problem of the API is one object that says the status it came with.
func TestProblemShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []answer{
		w.do("GET", "/nothing", nil), w.do("PUT", "/healthz", nil), w.do("GET", "/api/v1/notifications/", nil),
		w.do("POST", "/api/v1/notifications/", "{", asApp), w.do("POST", "/api/v1/notifications/", "{}", asApp),
		w.do("POST", "/api/v1/notifications/", "{}", asUser("42")),
	} {
		var p map[string]any
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || p["status"] != float64(a.StatusCode) || p["title"] != http.StatusText(a.StatusCode) {
			t.Errorf("got %s with status %d", a.body, a.StatusCode)
		}
		if _, has := p["errors"]; has != (a.StatusCode == http.StatusUnprocessableEntity) {
			t.Errorf("status %d: has errors: %v", a.StatusCode, has)
		}
	}
}
