package djangotest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
	"github.com/belfryhq/belfry/internal/sse"
)

const apiKey = "bf_the-key-of-the-django-test"

// A bell is a running `belfry serve`.
type bell struct {
	t   *testing.T
	url string
	p   *proctest.Process
}

func newBell(t *testing.T, settings ...string) *bell {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := start(t, dir, append([]string{
		"BELFRY_ADDR=127.0.0.1:0", "BELFRY_DATABASE_URL=sqlite:" + filepath.Join(dir, "belfry.db"), "BELFRY_API_KEYS=shop:" + apiKey,
		"BELFRY_LOGIN_RECHECK=1s", "BELFRY_LOG_LEVEL=debug",
	}, settings...), path, "serve")
	return &bell{t: t, p: p, url: p.Says(t, regexp.MustCompile(`ringing at (http://\S+)`))}
}

// A credential changes a request.
type credential func(*http.Request)

func (b *browser) session() credential {
	value := b.cookie("sessionid")
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "sessionid", Value: value}) }
}

func cookie(name, value string) credential {
	return func(r *http.Request) { r.Header.Add("Cookie", name+"="+value) }
}

func bearer(token string) credential {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func inURL(token string) credential {
	return func(r *http.Request) { r.URL.RawQuery = "token=" + token }
}

// call makes a request and reads the answer.
func (b *bell) call(as credential, method, path, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	as(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// is wants a credential to be the person's.
func (b *bell) is(user string, as credential) {
	b.t.Helper()
	status, body := b.call(as, http.MethodGet, "/api/v1/notifications/sse/status/", "")
	var s struct {
		User string `json:"user_id"`
	}
	if status != http.StatusOK || json.Unmarshal([]byte(body), &s) != nil || s.User != user {
		b.t.Fatalf("got %d %s, want the person %q\n%s", status, body, user, b.p.Output)
	}
}

// refused is the whole of what whoever shows a bad credential learns.
const refused = `{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The credential was not accepted."}`

// refuses wants a credential to be nobody's, on every path, without a word on why.
func (b *bell) refuses(what string, as credential) {
	b.t.Helper()
	for _, path := range []string{"", "counts/", "sse/stream/"} {
		status, body := b.call(as, http.MethodGet, "/api/v1/notifications/"+path, "")
		if status != http.StatusUnauthorized || body != refused {
			b.t.Errorf("%s at %q: got %d %s, want 401 and no detail", what, path, status, body)
		}
	}
}

// send sends a notification and returns its id.
func (b *bell) send(user, title string) string {
	b.t.Helper()
	status, body := b.call(bearer(apiKey), http.MethodPost, "/api/v1/notifications/", `{"to":"`+user+`","category":"order.placed","title":"`+title+`"}`)
	var answer struct{ ID string }
	if status != http.StatusCreated || json.Unmarshal([]byte(body), &answer) != nil {
		b.t.Fatalf("send: got %d %s", status, body)
	}
	return answer.ID
}

// A listener is an open stream.
type listener struct {
	bell   *bell
	events chan sse.Event
}

func (b *bell) listen(as credential) *listener {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/api/v1/notifications/sse/stream/", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	as(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		b.t.Fatalf("the stream is refused: %d %s", resp.StatusCode, text)
	}
	l := &listener{bell: b, events: make(chan sse.Event, 100)}
	go func() {
		defer close(l.events)
		for events := sse.NewReader(resp.Body); ; {
			e, err := events.Next()
			if err != nil {
				return
			}
			l.events <- e
		}
	}()
	l.want("connection", "")
	return l
}

// want waits for an event whose data hold a text; heartbeats and counts are passed over.
func (l *listener) want(name, text string) {
	l.bell.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-l.events:
			switch {
			case !ok:
				l.bell.t.Fatalf("the stream ended; want %s with %q\n%s", name, text, l.bell.p.Output)
			case e.Name == name && strings.Contains(e.Data, text):
				return
			case e.Name != "heartbeat" && e.Name != "counts":
				l.bell.t.Fatalf("got the event %q %s, want %s with %q", e.Name, e.Data, name, text)
			}
		case <-late:
			l.bell.t.Fatalf("no event %s with %q came", name, text)
		}
	}
}
