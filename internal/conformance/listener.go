package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// patience is how long an event that must come may take; far more than any honest server needs.
const patience = 15 * time.Second

// A listener is one open stream.
type listener struct {
	t      *T
	header http.Header
	events chan sse.Event // closed at the end of the stream
	first  event          // the connection event
	told   counts         // what the badge of a page would show: from the connection event and each of counts

	mu  sync.Mutex
	raw bytes.Buffer // every byte so far
}

// An event is one of a stream, with its data read.
type event struct {
	sse.Event
	data obj
}

func (e event) text(member string) string {
	s, _ := e.data[member].(string)
	return s
}

func (e event) number(member string) int {
	n, _ := e.data[member].(float64)
	return int(n)
}

// listen opens a stream and waits for its connection event. query is like "batch=100"; header as in call.
func (p *person) listen(query string, header map[string]string) *listener {
	l := p.open(query, header)
	l.first = l.want("connection")
	return l
}

// resume opens a stream from a cursor.
func (p *person) resume(cursor string) *listener {
	return p.listen("", map[string]string{"Last-Event-ID": cursor})
}

// open opens a stream; its first event is not read.
func (p *person) open(query string, header map[string]string) *listener {
	return p.t.stream(call{as: p.as(), method: http.MethodGet, path: streamPath + "?" + query, header: header})
}

// stream makes a request whose answer must be a stream, which is read until the case ends.
func (t *T) stream(c call) *listener {
	if c.header["Accept"] == "" {
		h := map[string]string{"Accept": "text/event-stream"}
		for name, value := range c.header {
			h[name] = value
		}
		c.header = h
	}
	ctx, cancel := context.WithCancel(t.ctx)
	resp, err := t.target.HTTP.Do(t.request(c).WithContext(ctx)) //nolint:bodyclose // closed when the case ends
	if err != nil {
		cancel()
		t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	l := &listener{t: t, header: resp.Header, events: make(chan sse.Event, 1024)}
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		cancel()
		t.Fatalf("%s %s: want a stream, got %d %s", c.method, c.path, resp.StatusCode, short(string(body)))
	}
	t.exchange("%s %s %v → 200 a stream", c.method, c.path, c.header)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.read(ctx, resp.Body)
	}()
	t.Cleanup(func() {
		cancel()
		_ = resp.Body.Close()
		<-done
	})
	return l
}

func (l *listener) read(ctx context.Context, body io.Reader) {
	defer close(l.events)
	r := sse.NewReader(io.TeeReader(body, l))
	for {
		e, err := r.Next()
		if err != nil {
			return
		}
		select {
		case l.events <- e:
		case <-ctx.Done():
			return
		}
	}
}

// Write keeps the bytes as they came.
func (l *listener) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.Write(b)
}

func (l *listener) bytes() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raw.String()
}

// next returns the next event, whatever it is; false at the end of the stream.
func (l *listener) next(within time.Duration) (event, bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case raw, ok := <-l.events:
		if !ok {
			return event{}, false
		}
		e := event{Event: raw}
		l.t.exchange("← id %q event %q data %s", e.ID, e.Name, short(e.Data))
		if err := json.Unmarshal([]byte(e.Data), &e.data); err != nil {
			l.t.Fatalf("the data of an event of name %q is no JSON object: %s", e.Name, short(e.Data))
		}
		if e.Name == "connection" || e.Name == "counts" {
			l.told = counts{e.number("unread"), e.number("unseen")}
		}
		return e, true
	case <-timer.C:
		l.t.Fatalf("the event that must come did not")
	case <-l.t.ctx.Done():
		l.t.Fatalf("no event came: %v", l.t.ctx.Err())
	}
	return event{}, false
}
