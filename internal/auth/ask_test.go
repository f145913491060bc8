package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// A backend is an app that knows who is who.
type backend struct {
	*httptest.Server
	asked atomic.Int64
	mu    sync.Mutex
	say   func(w http.ResponseWriter, r *http.Request)
}

func newBackend(t testing.TB, say func(w http.ResponseWriter, r *http.Request)) *backend {
	b := &backend{say: say}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		b.mu.Lock()
		say := b.say
		b.mu.Unlock()
		say(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *backend) set(say func(w http.ResponseWriter, r *http.Request)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.say = say
}

func says(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

func (b *backend) open(t testing.TB, ask auth.Ask, clock func() time.Time) world {
	ask.URL = b.URL + "/whoami"
	w := open(t, auth.Config{Ask: ask, Now: clock, Keys: []auth.NamedKey{{Name: "shop", Secret: appKey}}})
	t.Cleanup(w.Close)
	return w
}

func TestAskAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		say  func(http.ResponseWriter, *http.Request)
		user string
		code belfry.Code
	}{
		"a string":              {says(200, `{"user_id":"42"}`), "42", ""},
		"a number":              {says(200, `{"user_id":42,"name":"Ada"}`), "42", ""},
		"with its end":          {says(200, `{"user_id":"42","expires_at":"2026-03-01T13:00:00Z"}`), "42", ""},
		"an end that is over":   {says(200, `{"user_id":"42","expires_at":"2026-03-01T12:00:00Z"}`), "", belfry.CodeNoIdentity},
		"null is nobody":        {says(200, `{"user_id":null}`), "", belfry.CodeNoIdentity},
		"401":                   {says(401, `{"user_id":"42"}`), "", belfry.CodeNoIdentity},
		"403":                   {says(403, ``), "", belfry.CodeNoIdentity},
		"500":                   {says(500, `{"user_id":"42"}`), "", belfry.CodeUnavailable},
		"404":                   {says(404, ``), "", belfry.CodeUnavailable},
		"204":                   {says(204, ``), "", belfry.CodeUnavailable},
		"no JSON":               {says(200, `<html>Log in`), "", belfry.CodeUnavailable},
		"no user_id":            {says(200, `{"id":"42"}`), "", belfry.CodeUnavailable},
		"a user_id twice":       {says(200, `{"user_id":"42","user_id":"43"}`), "", belfry.CodeUnavailable},
		"a user_id in a list":   {says(200, `{"user_id":["42"]}`), "", belfry.CodeUnavailable},
		"an empty user_id":      {says(200, `{"user_id":""}`), "", belfry.CodeUnavailable},
		"an end that is a word": {says(200, `{"user_id":"42","expires_at":"soon"}`), "", belfry.CodeUnavailable},
		"an endless answer":     {says(200, `{"user_id":"42","x":"`+strings.Repeat("x", 1<<20)+`"}`), "", belfry.CodeUnavailable},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/whoami" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			_, _ = fmt.Fprint(w, `{"user_id":"42"}`)
		}, "", belfry.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, test.say)
			w := b.open(t, auth.Ask{}, nil)
			p, err := w.Authenticate(get("/", "Cookie", "session=canary"))
			if p.User != test.user || codeOf(err) != test.code {
				t.Errorf("got %q, %v; want %q, %q", p.User, err, test.user, test.code)
			}
			if b.asked.Load() != 1 {
				t.Errorf("asked %d times, want once: no redirect is followed", b.asked.Load())
			}
			if strings.Contains(w.log.String()+fmt.Sprint(err), "canary") {
				t.Errorf("the cookie stands in the log or the error: %s %v", w.log, err)
			}
		})
	}
}

func codeOf(err error) belfry.Code {
	if e, ok := errors.AsType[*belfry.Error](err); ok {
		return e.Code
	}
	if err != nil {
		return "?"
	}
	return ""
}

// The back end sees the cookies and the Authorization, and neither API keys nor anything else.
func TestAskShows(t *testing.T) {
	t.Parallel()
	var got http.Header
	b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		_, _ = fmt.Fprint(w, `{"user_id":"42"}`)
	})
	w := b.open(t, auth.Ask{Cache: -1}, nil)
	for name, test := range map[string]struct{ cookie, authorization, wantCookie, wantAuthorization string }{
		"cookies":        {"a=1; b=2", "", "a=1; b=2", ""},
		"another scheme": {"", "Token abc", "", "Token abc"},
		"an opaque one":  {"", "Bearer opaque-token-of-the-app", "", "Bearer opaque-token-of-the-app"},
		"a JWT not ours": {"", "Bearer a.b.c", "", "Bearer a.b.c"},
		"both":           {"a=1", "Basic dTpw", "a=1", "Basic dTpw"},
	} {
		r := get("/?token=&x=1", "X-Secret", "x")
		if test.cookie != "" {
			r.Header.Set("Cookie", test.cookie)
		}
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		p, err := w.Authenticate(r)
		if err != nil || p.User != "42" || !p.Cookie {
			t.Fatalf("%s: got %+v, %v", name, p, err)
		}
		if got.Get("Cookie") != test.wantCookie || got.Get("Authorization") != test.wantAuthorization || got.Get("X-Secret") != "" {
			t.Errorf("%s: the back end saw %v", name, got)
		}
	}
	asked := b.asked.Load()
	for _, r := range []*http.Request{get("/"), get("/", "Authorization", "Bearer bf_not-a-key-of-this-server"), get("/", "Authorization", "Bearer "+appKey), get("/", "Cookie", strings.Repeat("x", 40_000))} {
		if p, err := w.Authenticate(r); err == nil && p.Kind == auth.User {
			t.Errorf("got %+v", p)
		}
	}
	if b.asked.Load() != asked {
		t.Error("the back end was asked about nothing, an API key or too much")
	}
}

// An answer holds for seconds, a refusal for one, and many who ask at once are one question.
func TestAskIsCached(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	b := newBackend(t, says(200, `{"user_id":"42"}`))
	w := b.open(t, auth.Ask{}, clock.now)
	ask := func(cookie string, want string) {
		t.Helper()
		p, err := w.Authenticate(get("/", "Cookie", cookie))
		if p.User != want {
			t.Errorf("got %q, %v; want %q", p.User, err, want)
		}
	}
	count := func(want int64) {
		t.Helper()
		if got := b.asked.Swap(0); got != want {
			t.Errorf("asked %d times, want %d", got, want)
		}
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { ask("s=1", "42") })
	}
	wg.Wait()
	count(1)
	ask("s=2", "42")
	count(1)
	clock.move(5 * time.Second)
	ask("s=1", "42")
	count(1)
	w.Hear(belfry.Ring{User: "42", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}})
	b.set(says(401, ""))
	ask("s=1", "")
	ask("s=1", "")
	count(1)
	b.set(says(200, `{"user_id":"43"}`))
	clock.move(time.Second)
	ask("s=1", "43")
	count(1)
	clock.move(-time.Hour)
	ask("s=1", "43")
	count(1) // a clock that was set back keeps nothing alive
}

// Whoever makes up cookies does not fill the memory: 10,000 answers are kept at most, whatever they are.
func TestAskKeepsSoMany(t *testing.T) {
	t.Parallel()
	const most, visitors = 10_000, 10_500
	b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.Header.Get("Cookie")); n%2 == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprint(w, `{"user_id":"42"}`)
	})
	clock := &clock{at: now}
	w := b.open(t, auth.Ask{Cache: time.Hour}, clock.now)
	var next atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := next.Add(1); n <= visitors; n = next.Add(1) {
				if _, err := w.Authenticate(get("/", "Cookie", fmt.Sprint("s=", n))); err != nil && codeOf(err) != belfry.CodeNoIdentity {
					t.Errorf("got %v", err)
					return
				}
				if kept := w.Stats().Kept; kept > most {
					t.Errorf("%d answers are kept", kept)
				}
			}
		})
	}
	all.Wait()
	if kept := w.Stats().Kept; kept < most*9/10 || b.asked.Load() != visitors {
		t.Errorf("%d answers are kept of %d visitors who were asked about, of %d", kept, b.asked.Load(), visitors)
	}
	// What holds no more goes as soon as room is needed.
	clock.move(time.Hour)
	came := 0
	for ; came < most && w.Stats().Kept > came; came++ {
		_, _ = w.Authenticate(get("/", "Cookie", fmt.Sprint("t=", came)))
	}
	if kept := w.Stats().Kept; kept != came || came > most/2 {
		t.Errorf("%d answers are kept after %d new ones, when all of before are over", kept, came)
	}
}

// A back end that is down is left alone for a while, and found again.
func TestAskBreaks(t *testing.T) {
	t.Parallel()
	b := newBackend(t, says(502, ""))
	w := b.open(t, auth.Ask{Cache: -1}, nil)
	for range 20 {
		if _, err := w.Authenticate(get("/", "Cookie", "s=1")); codeOf(err) != belfry.CodeUnavailable {
			t.Fatalf("got %v, want unavailable", err)
		}
	}
	if got := b.asked.Load(); got != 5 {
		t.Errorf("a back end that is down was asked %d times, want 5", got)
	}
	if s := w.Stats(); s.Asked["failed"] != 20 || s.Asked["admitted"] != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// One that is silent is given up in time.
func TestAskHasADeadline(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := newBackend(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	w := b.open(t, auth.Ask{Timeout: 50 * time.Millisecond}, nil)
	begun := time.Now()
	if _, err := w.Authenticate(get("/", "Cookie", "s=1")); codeOf(err) != belfry.CodeUnavailable {
		t.Errorf("got %v, want unavailable", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// An outage leaves open streams alone for the grace, and no longer.
func TestAskGrace(t *testing.T) {
	t.Parallel()
	b := newBackend(t, says(200, `{"user_id":"42"}`))
	w := b.open(t, auth.Ask{Cache: -1, Grace: 300 * time.Millisecond}, time.Now)
	p, err := w.Authenticate(get("/", "Cookie", "s=1"))
	if err != nil {
		t.Fatal(err)
	}
	b.set(says(503, ""))
	ended := make(chan string, 1)
	begun := time.Now()
	watches := auth.NewWatches(auth.WatchConfig{Every: 5 * time.Millisecond, Hangup: func(user, _ string, why belfry.CloseReason) int {
		ended <- fmt.Sprint(user, " ", why)
		return 1
	}})
	defer watches.Close()
	watches.Open(p, connection(1))
	if got := <-ended; got != "42 expired" || time.Since(begun) < 300*time.Millisecond {
		t.Errorf("got %q after %v, want expired after the grace", got, time.Since(begun))
	}
	watches.Ended(connection(1))
}
