package api_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/limit"
)

// withLimits gives a world few of each kind in an hour, so that none comes back while a test runs.
func withLimits(t *testing.T, bursts map[limit.Kind]int) func(*api.Config, *world) {
	t.Helper()
	var rates limit.Rates
	for kind, burst := range bursts {
		rates[kind] = limit.Rate{Count: 1, Per: time.Hour, Burst: burst}
	}
	l, err := limit.New(rates)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *api.Config, _ *world) {
		c.Limits, c.Proxies = l, limit.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	}
}

// by makes a request come from an address, by the trusted proxy that the test's client is.
func by(addr string) option { return header("X-Forwarded-For", addr) }

// limited checks that an answer is a 429 that says when to come back.
func (w *world) limited(what string, a answer) {
	w.Helper()
	after, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.StatusCode != http.StatusTooManyRequests || err != nil || after < 1 || after > 3600 {
		w.Errorf("%s: got %d with Retry-After %q, want 429 with one", what, a.StatusCode, a.Header.Get("Retry-After"))
	}
}

// A key is bounded by itself: nobody else notices.
func TestTooManySends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withLimits(t, map[limit.Kind]int{limit.Sends: 3, limit.Address: 1}))
	send := func(key string) answer {
		return w.do("POST", "/api/v1/notifications/", `{"to":"42","category":"order","title":"t"}`, header("Authorization", "Bearer "+key))
	}
	for range 3 {
		w.want(http.StatusCreated, send(appKey))
	}
	w.limited("the fourth send", send(appKey))
	w.limited("another call with the key", w.do("GET", "/api/v1/deliveries/", nil, asApp))
	w.want(http.StatusCreated, send(otherKey))
	if got := w.list("42", ""); len(got.Results) != 4 {
		t.Errorf("got %d notifications, want 4: what was refused was not sent", len(got.Results))
	}
}

func TestTooManyCallsOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withLimits(t, map[limit.Kind]int{limit.Reads: 2}))
	const path = "/api/v1/notifications/counts/"
	w.want(200, w.do("GET", path, nil, asUser("42")))
	w.want(200, w.do("GET", path, nil, asUser("42")))
	w.limited("the third", w.do("GET", path, nil, asUser("42")))
	w.limited("a change", w.do("POST", "/api/v1/notifications/mark/", `{"state":"read","all":true}`, asUser("42")))
	w.want(200, w.do("GET", path, nil, asUser("43")))
}

// An address is bounded for people and strangers, on every path, and an app's back end behind it is not.
func TestTooManyFromAnAddress(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/api/v1/notifications/counts/", "/healthz", "/belfry.js", "/nothing", "/unsubscribe/x/", "/api/v1/openapi.json"} {
		w := newWorld(t, withLimits(t, map[limit.Kind]int{limit.Address: 2}))
		for range 2 {
			if a := w.do("GET", path, nil, asUser("42"), by("192.0.2.1")); a.StatusCode == http.StatusTooManyRequests {
				t.Errorf("%s: refused too early", path)
			}
		}
		w.limited(path, w.do("GET", path, nil, asUser("42"), by("192.0.2.1")))
		w.limited(path+" with another method", w.do("PUT", path, nil, by("192.0.2.1")))
		w.limited(path+" with no credential", w.do("GET", "/api/v1/notifications/", nil, by("192.0.2.1")))
		if a := w.do("GET", path, nil, asUser("42"), by("192.0.2.2")); a.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s: another address is refused too", path)
		}
		w.want(200, w.do("GET", "/api/v1/deliveries/", nil, asApp, by("192.0.2.1")))
	}
}

// A stream that comes too soon is over before it begins, and an EventSource that comes back by itself is stopped.
func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	for kind, other := range map[limit.Kind]option{limit.Connects: asUser("43"), limit.AddressConnects: by("192.0.2.2")} {
		w := newWorld(t, withLimits(t, map[limit.Kind]int{kind: 2}))
		open := func(options ...option) answer {
			const path = "/api/v1/notifications/sse/stream/"
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range append([]option{asUser("42"), by("192.0.2.1")}, options...) {
				o(r)
			}
			resp, err := w.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = resp.Body.Close() })
			b := make([]byte, 1024)
			n, err := resp.Body.Read(b)
			if n == 0 && err != nil && resp.StatusCode != http.StatusNoContent {
				t.Fatal(err)
			}
			return answer{resp, string(b[:n])}
		}
		for range 2 {
			if a := w.want(200, open()); strings.Contains(a.body, "event: close") {
				t.Errorf("%s: refused too early: %s", kind, a.body)
			}
		}
		a := w.want(200, open(header("Last-Event-ID", "abcd0123-7-9")))
		if !strings.HasPrefix(a.body, "id: abcd0123-7-9-x\nevent: close\ndata: {\"reason\":\"limit\",\"retry\":") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream") {
			t.Errorf("%s: the third got %q, %s", kind, a.Header.Get("Content-Type"), a.body)
		}
		id := strings.TrimPrefix(strings.SplitN(w.want(200, open()).body, "\n", 2)[0], "id: ")
		if _, err := belfry.ParseCursor(strings.TrimSuffix(id, belfry.StopSuffix)); err != nil {
			t.Errorf("%s: the id %q of one without a place: %v", kind, id, err)
		}
		w.want(204, open(header("Last-Event-ID", id)))
		if a := w.want(200, open(other)); strings.Contains(a.body, "event: close") {
			t.Errorf("%s: the other is refused too: %s", kind, a.body)
		}
	}
}

// Guesses close the door to whoever makes them, without a look at what they try; who was in, stays in.
func TestTooManyGuesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withLimits(t, map[limit.Kind]int{limit.Failures: 5}))
	const path = "/api/v1/notifications/counts/"
	here := by("192.0.2.1")
	atWork := token("at-work")
	w.want(200, w.do("GET", path, nil, here, header("Authorization", "Bearer "+atWork)))
	ticket := into[struct{ Ticket string }](w, w.want(201, w.do("POST", "/api/v1/users/42/tickets/", nil, asApp))).Ticket
	for i := range 5 {
		w.want(401, w.do("GET", path, nil, here)) // shows none, and guesses nothing
		w.want(401, w.do("GET", path, nil, here, header("Authorization", fmt.Sprintf("Bearer a.b.%d", i))))
	}
	w.limited("the sixth guess", w.do("GET", path, nil, here, header("Authorization", "Bearer a.b.6")))
	w.limited("a good ticket, which stays good", w.do("GET", path+"?ticket="+ticket, nil, here))
	w.limited("a good token that was never seen", w.do("GET", path, nil, here, asUser("42")))
	w.want(200, w.do("GET", path, nil, here, header("Authorization", "Bearer "+atWork)))
	mine := path + "?ticket=" + w.exchange(func(r *http.Request) { here(r); bearer(atWork)(r) })
	w.want(200, w.do("GET", mine, nil, here, cookie("other", "1")))
	w.want(401, w.do("GET", mine, nil, here))
	w.limited("the used ticket, once more", w.do("GET", mine, nil, here))
	w.want(200, w.do("GET", path, nil, by("192.0.2.2"), asUser("42")))
	w.want(200, w.do("GET", path+"?ticket="+ticket, nil, by("192.0.2.2")))
	for _, l := range w.lines() {
		if l["status"] == float64(429) && l["level"] != "DEBUG" {
			t.Errorf("a flood fills the log: %v", l)
		}
	}
}

// Behind a proxy that nobody named, limits by address hold for nobody, and the log says so once.
func TestAProxyThatNobodyNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withLimits(t, map[limit.Kind]int{limit.Address: 1}), func(c *api.Config, _ *world) { c.Proxies = nil })
	for range 3 {
		w.want(200, w.do("GET", "/healthz", nil, by("192.0.2.1")))
	}
	warned := 0
	for _, l := range w.lines() {
		if text, _ := l["msg"].(string); strings.Contains(text, "BELFRY_TRUSTED_PROXIES") {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("warnings: got %d, want 1", warned)
	}
	w.want(200, w.do("GET", "/healthz", nil))
	w.limited("without a proxy", w.do("GET", "/healthz", nil))
}

// The log and the status say who asks, and only a proxy that is trusted can say it for them.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxies limit.Proxies
		want    string
	}{{nil, "127.0.0.1"}, {limit.Proxies{netip.MustParsePrefix("127.0.0.0/8")}, "203.0.113.9"}} {
		w := newWorld(t, func(a *api.Config, _ *world) { a.Proxies = c.proxies })
		w.want(200, w.do("GET", "/api/v1/notifications/counts/", nil, asUser("42"), by("203.0.113.9")))
		lines := w.lines()
		if got := lines[len(lines)-1]["ip"]; got != c.want {
			t.Errorf("the log says %v, want %s", got, c.want)
		}
	}
}

func TestLongAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/api/v1/notifications/counts/"
	w.want(200, w.do("GET", path+"?token="+token("42")+strings.Repeat("&token=x", 900), nil))
	w.want(414, w.do("GET", path+"?token="+strings.Repeat("x", 8<<10), nil))
	w.want(414, w.do("GET", path+"?"+strings.Repeat("x", 40<<10), nil, asUser("42")))
}
