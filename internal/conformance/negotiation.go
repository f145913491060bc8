package conformance

import (
	"fmt"
	"net/http"
)

// negotiationCases: what is not a request for a stream is told so before one starts.
func negotiationCases() []Case {
	accept := func(value string, want int) Case {
		return Case{Name: fmt.Sprintf("accept: %q is %d", value, want), Run: func(t *T) {
			p := t.person()
			c := call{as: p.as(), method: http.MethodGet, path: streamPath, header: map[string]string{"Accept": value}}
			if want == http.StatusOK {
				r := t.request(c)
				resp, err := t.target.HTTP.Do(r)
				if err != nil {
					t.Fatalf("connect: %v", err)
				}
				defer func() { _ = resp.Body.Close() }()
				equal(t, "status", http.StatusOK, resp.StatusCode)
				return
			}
			t.do(c).is(want)
		}}
	}
	return []Case{
		accept("text/event-stream", 200), accept("TEXT/Event-Stream", 200), accept("*/*", 200), accept("", 200),
		accept("text/event-stream, */*;q=0.1", 200), accept("application/json, text/event-stream;q=0.5", 200), accept("text/html, */*;q=0.8", 200),
		accept("application/json", 406), accept("text/html", 406), accept("image/png, application/json", 406), accept("text/event-stream-x", 406),
		{Name: "accept: HEAD is 406", Run: func(t *T) {
			p := t.person()
			t.do(call{as: p.as(), method: http.MethodHead, path: streamPath}).is(http.StatusNotAcceptable)
		}},
	}
}
