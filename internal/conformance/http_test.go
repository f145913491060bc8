package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/belfryhq/belfry/internal/conformance"
	"github.com/belfryhq/belfry/internal/sse"
)

// do makes a request that must succeed; the answer's body is closed with the test.
func do(t *testing.T, target conformance.Target, r *http.Request) *http.Response {
	t.Helper()
	resp, err := target.HTTP.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: answered %s", r.Method, r.URL.Path, resp.Status)
	}
	return resp
}

func decode(t *testing.T, resp *http.Response, v any) {
	t.Helper()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// summary is what an event says, on one line.
func summary(t *testing.T, e sse.Event) string {
	t.Helper()
	var d struct {
		Reason, Cursor string
		Resumed        bool
	}
	if err := json.Unmarshal([]byte(e.Data), &d); err != nil {
		t.Fatal(err)
	}
	if e.Name == "connection" {
		return fmt.Sprint(e.Name, " ", d.Resumed)
	}
	return fmt.Sprint(e.Name, " ", d.Reason, " ", d.Cursor)
}
