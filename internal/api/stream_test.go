package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A listener is an open stream. Each event it reads is held to the contract.
type listener struct {
	*world
	resp   *http.Response
	reader *sse.Reader
}

func (w *world) listen(user, query string, options ...option) *listener {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.url+"/api/v1/notifications/sse/stream/"+query, nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, o := range append([]option{asUser(user), header("Accept", "text/event-stream")}, options...) {
		o(r)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.Fatalf("got %d, %q; want a stream", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return &listener{w, resp, sse.NewReader(resp.Body)}
}

// next returns the next event with the name, passing over counts and heartbeats unless they are asked for.
func (l *listener) next(name string) sse.Event {
	l.Helper()
	c, err := loadContract()
	if err != nil {
		l.Fatal(err)
	}
	for {
		e, err := l.reader.Next()
		if err != nil {
			l.Fatalf("waiting for %s: %v", name, err)
		}
		at := []string{"paths", "/api/v1/notifications/sse/stream/", "get", "responses", "200", "content", "text/event-stream", "x-sse-events", e.Name}
		if err := c.judge(e.Data, at...); err != nil {
			l.Errorf("event %s is not as the contract says: %v\n%s", e.Name, err, e.Data)
		}
		if e.Name == name {
			return e
		}
		if e.Name != "counts" && e.Name != "heartbeat" {
			l.Fatalf("waiting for %s: got %s %s", name, e.Name, e.Data)
		}
	}
}

// What is sent, read, retracted and erased is on the stream as it happens.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.listen("42", "")
	for name, want := range map[string]string{
		"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
	} {
		if got := l.resp.Header.Get(name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
	if e := l.next("connection"); e.ID == "" || !strings.Contains(e.Data, `"unread":0`) {
		t.Errorf("got %+v, want an id and the counts", e)
	}
	id := w.send(map[string]any{"to": "42", "title": "live"}).ID
	if e := l.next("message"); !strings.Contains(e.Data, id) || !strings.Contains(e.Data, `"live"`) {
		t.Errorf("got %s, want the notification %s", e.Data, id)
	}
	if e := l.next("counts"); e.Data != `{"unread":1,"unseen":1}` {
		t.Errorf("got counts %s", e.Data)
	}
	w.want(200, w.do("PATCH", "/api/v1/notifications/"+id+"/", `{"read":true}`, asUser("42")))
	if e := l.next("update"); !strings.Contains(e.Data, `"read_at":"`) {
		t.Errorf("got %s, want read_at set", e.Data)
	}
	if e := l.next("counts"); e.Data != `{"unread":0,"unseen":1}` {
		t.Errorf("got counts %s", e.Data)
	}
	w.send(map[string]any{"to": map[string]any{"all": true}, "title": "everyone"})
	l.next("message")
	w.want(204, w.do("DELETE", "/api/v1/notifications/"+id+"/", nil, asApp))
	l.next("delete")
	w.want(204, w.do("DELETE", "/api/v1/users/42/", nil, asApp))
	if e := l.next("close"); !strings.Contains(e.Data, `"revoked"`) || !strings.HasSuffix(e.ID, "-x") {
		t.Errorf("got %+v, want revoked with an id that stops", e)
	}
}

// From a list's cursor nothing is missed; the header wins over the parameter; a told-off cursor is 204.
func TestStreamResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(map[string]any{"to": "42", "title": "before"})
	cursor := w.list("42", "").Cursor
	w.send(map[string]any{"to": "42", "title": "missed"})
	head := w.list("42", "").Cursor
	for name, l := range map[string]*listener{
		"parameter":   w.listen("42", "?last_event_id="+cursor),
		"header":      w.listen("42", "", header("Last-Event-ID", cursor)),
		"header wins": w.listen("42", "?last_event_id="+head+"&named=0&batch=0", header("Last-Event-ID", cursor)),
	} {
		if e := l.next("connection"); !strings.Contains(e.Data, `"resumed":true`) {
			t.Errorf("%s: got %s, want it resumed", name, e.Data)
		}
		if e := l.next("message"); !strings.Contains(e.Data, `"missed"`) {
			t.Errorf("%s: got %s, want the one after the cursor", name, e.Data)
		}
	}
	for _, o := range []option{header("Last-Event-ID", cursor+"-x"), func(r *http.Request) { r.URL.RawQuery = "last_event_id=" + cursor + "-x" }} {
		w.want(204, w.do("GET", "/api/v1/notifications/sse/stream/", nil, asUser("42"), o))
	}
	reset := w.listen("43", "?last_event_id=nonsense") // 42 has as many streams as one may
	reset.next("connection")
	reset.next("reset")
}

// ?named=1 gives new notifications a name.
func TestStreamNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.listen("42", "?named=1&batch=20")
	l.next("connection")
	w.send(map[string]any{"to": "42"})
	l.next("notification")
}

// Who can't take a stream is told before it begins.
func TestStreamRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/api/v1/notifications/sse/stream/"
	for query, want := range map[string]string{
		"?batch=-1": "batch", "?batch=1001": "batch", "?batch=x": "batch", "?batch=1.5": "batch", "?named=yes": "named", "?named=2&batch=x": "batch,named",
		"?last_event_id=a&last_event_id=b": "last_event_id",
	} {
		if got := into[problem](w, w.want(422, w.do("GET", path+query, nil, asUser("42")))).fields(); got != want {
			t.Errorf("%s: got fault in %q, want in %q", query, got, want)
		}
	}
	w.want(406, w.do("HEAD", path, nil, asUser("42")))
	for accept, ok := range map[string]bool{
		"": true, "*/*": true, "text/event-stream": true, "text/*": true, "text/html, */*;q=0.1": true, "TEXT/Event-Stream; q=1": true,
		"application/json": false, "text/html": false, "text/event-stream;q=0": false, "*/*;q=0": false, "event-stream": false, ";": false,
	} {
		if !ok {
			w.want(406, w.do("GET", path, nil, asUser("42"), header("Accept", accept)))
			continue
		}
		l := w.listen("u"+accept, "", header("Accept", accept))
		l.next("connection")
	}
	w.want(401, w.do("GET", path+"?ticket=nope", nil))
}

// A stream opened with a ticket is the ticket's person's.
func TestStreamByTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ticket := into[struct{ Ticket string }](w, w.want(201, w.do("POST", "/api/v1/users/42/tickets/", nil, asApp))).Ticket
	l := w.listen("nobody", "?ticket="+ticket, func(r *http.Request) { r.Header.Del("Authorization") })
	if e := l.next("connection"); !strings.Contains(e.Data, `"user_id":"42"`) {
		t.Errorf("got %s, want person 42", e.Data)
	}
}

type streamStatus struct {
	UserID      string `json:"user_id"`
	IsConnected bool   `json:"is_connected"`
	Connections []struct {
		ID        string
		UserAgent string    `json:"user_agent"`
		IP        string    `json:"ip"`
		OpenedAt  time.Time `json:"opened_at"`
	}
}

// A person sees their streams and closes one, or all; another person's are out of reach.
func TestStreamStatusAndClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status := func(user string) streamStatus {
		return into[streamStatus](w, w.want(200, w.do("GET", "/api/v1/notifications/sse/status/", nil, asUser(user))))
	}
	closeStreams := func(user string, body any) int {
		a := w.want(200, w.do("POST", "/api/v1/notifications/sse/close/", body, asUser(user)))
		return into[struct{ Closed int }](w, a).Closed
	}
	if s := status("42"); s.IsConnected || len(s.Connections) != 0 || s.UserID != "42" {
		t.Errorf("got %+v before any stream", s)
	}
	var open []*listener
	for range 3 {
		l := w.listen("42", "", header("User-Agent", "test/1"))
		l.next("connection")
		open = append(open, l)
	}
	limit := w.listen("42", "")
	if e := limit.next("close"); !strings.Contains(e.Data, `"limit"`) {
		t.Errorf("over the cap: got %s, want limit", e.Data)
	}
	s := status("42")
	if !s.IsConnected || len(s.Connections) != 3 || s.Connections[0].UserAgent != "test/1" || s.Connections[0].IP != "127.0.0.1" {
		t.Fatalf("got %+v, want three streams", s)
	}
	if n := closeStreams("another", map[string]string{"connection_id": s.Connections[0].ID}); n != 0 {
		t.Errorf("another person closed %d streams", n)
	}
	if n := closeStreams("42", map[string]string{"connection_id": "nope"}); n != 0 {
		t.Errorf("an unknown id closed %d streams", n)
	}
	if n := closeStreams("42", map[string]string{"connection_id": s.Connections[1].ID}); n != 1 {
		t.Errorf("got %d closed by id, want 1", n)
	}
	if n := closeStreams("42", nil); n != 2 {
		t.Errorf("got %d closed, want the other 2", n)
	}
	for _, l := range open {
		if e := l.next("close"); !strings.Contains(e.Data, `"closed"`) || !strings.HasSuffix(e.ID, "-x") {
			t.Errorf("got %+v, want closed with an id that stops", e)
		}
	}
	for body, want := range map[string]string{`{"connection_id":""}`: "connection_id", `{"connection_id":5}`: "connection_id", `{"id":"x"}`: "id"} {
		if got := into[problem](w, w.want(422, w.do("POST", "/api/v1/notifications/sse/close/", body, asUser("42")))).fields(); got != want {
			t.Errorf("%s: got fault in %q, want in %q", body, got, want)
		}
	}
}
