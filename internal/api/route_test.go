package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/api"
)

// The route table and the document name the same calls.
func TestRoutesAndContractAgree(t *testing.T) {
	t.Parallel()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for path, item := range c.doc["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				documented = append(documented, strings.ToUpper(method)+" "+strings.TrimSuffix(path, "/"))
			}
		}
	}
	slices.Sort(documented)
	served := api.Routes()
	slices.Sort(served)
	if diff := cmp.Diff(documented, served); diff != "" {
		t.Errorf("documented (-) and served (+) calls differ:\n%s", diff)
	}
}

// Every schema of the document is one, and every reference leads somewhere.
func TestContractIsWhole(t *testing.T) {
	t.Parallel()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ := c.resolve([]string{"components", "schemas"})
	for name := range v.(map[string]any) {
		if _, err := c.schema([]string{"components", "schemas", name}); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				if _, _, ok := c.resolve(strings.Split(strings.TrimPrefix(ref, "#/"), "/")); !ok {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(v[k])
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(c.doc)
}

// Both slash forms of every path answer the same, without a redirect.
func TestSlashForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "01890a5d-ac96-774b-bcce-b302099a8057", "{user_id}", "a%2Fb").Replace(path)
		for _, o := range []option{asApp, asUser("42")} {
			refuse := header("Accept", "application/json")
			bare, slashed := w.do(method, path, nil, o, refuse), w.do(method, path+"/", nil, o, refuse)
			if bare.StatusCode != slashed.StatusCode || bare.StatusCode >= 300 && bare.StatusCode < 400 || bare.StatusCode == http.StatusMethodNotAllowed {
				t.Errorf("%s: got %d without the slash and %d with it", route, bare.StatusCode, slashed.StatusCode)
			}
		}
	}
}

// A wrong method is 405 with Allow, an unknown path 404, neither asks for a credential nor redirects.
func TestNoSuchRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"DELETE", "/api/v1/notifications/", 405, "OPTIONS, POST, HEAD, GET"},
		{"POST", "/api/v1/notifications/counts/", 405, "OPTIONS, HEAD, GET"},
		{"GET", "/api/v1/notifications/bulk/", 405, "OPTIONS, POST"},
		{"DELETE", "/api/v1/notifications/preferences", 405, "OPTIONS, HEAD, GET, PUT"},
		{"POST", "/api/v1/notifications/01890a5d-ac96-774b-bcce-b302099a8057/", 405, "OPTIONS, HEAD, GET, DELETE, PATCH"},
		{"PATCH", "/api/v1/users/42/", 405, "OPTIONS, PUT, HEAD, GET, DELETE"},
		{"BREW", "/healthz", 405, "OPTIONS, HEAD, GET"},
		{"POST", "/api/v1/notifications/sse/stream/", 405, "OPTIONS, HEAD, GET"},
		{"GET", "/", 404, ""},
		{"GET", "/api/v1/", 404, ""},
		{"GET", "/api/v2/notifications/", 404, ""},
		{"GET", "/api/v1/notifications/a/b/", 404, ""},
		{"GET", "/api/v1//notifications/", 404, ""},
		{"GET", "/api/v1/notifications/../counts/", 404, ""},
		{"GET", "/api/v1/notifications/x/../counts/", 404, ""},
		{"GET", "/api/v1/notifications%2Fcounts/", 404, ""},
		{"GET", "/api/v1/notifications//", 404, ""},
		{"GET", "/api/v1/users/", 404, ""},
		{"GET", "/healthz/x", 404, ""},
		{"GET", "/HEALTHZ", 404, ""},
	} {
		a := w.do(c.method, c.path, nil)
		if a.StatusCode != c.status || a.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d, Allow %q; want %d, %q", c.method, c.path, a.StatusCode, a.Header.Get("Allow"), c.status, c.allow)
		}
		if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: got type %q, want a problem", c.method, c.path, got)
		}
	}
}
