package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// atOnce is how soon an event must be there, on the busiest of machines. What is buffered comes when some kilobytes are full: at a
// heartbeat a second, after a minute.
const atOnce = 5 * time.Second

// TestProxies runs what the guide for operators has, and what it warns of.
func TestProxies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start  func(*testing.T, *process) *proxy
		cuts   bool // a reload ends the streams
		buffer bool // it is a bad one
	}{
		"nginx, the least": {start: func(t *testing.T, p *process) *proxy {
			return startNginx(t, p, "events {}", snippet(t, "nginx least"))
		}},
		"nginx, recommended": {cuts: true, start: func(t *testing.T, p *process) *proxy {
			return startNginx(t, p, snippet(t, "nginx main"), snippet(t, "nginx recommended"))
		}},
		"nginx that buffers": {buffer: true, start: func(t *testing.T, p *process) *proxy {
			return startNginx(t, p, "events {}", "proxy_ignore_headers X-Accel-Buffering;\n"+snippet(t, "nginx least"))
		}},
		"haproxy, the least": {start: func(t *testing.T, p *process) *proxy {
			return startHAProxy(t, p, snippet(t, "haproxy least"))
		}},
		"haproxy, recommended": {cuts: true, start: func(t *testing.T, p *process) *proxy {
			return startHAProxy(t, p, snippet(t, "haproxy recommended"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behind := serve(t, t.TempDir(), "BELFRY_HEARTBEAT_INTERVAL=1s")
			p := c.start(t, behind)
			if c.buffer {
				if _, ok := listenFor(t, p.process, newPerson("1"), atOnce/2).next(t); ok {
					t.Error("a proxy that buffers was not noticed")
				}
				return
			}
			passesAtOnce(t, p.process)
			noticesWhoLeaves(t, p.process, behind)
			reloads(t, p, c.cuts)
		})
	}
}

// A listener is a stream whose events are waited for with a limit.
type listener struct {
	events chan sse.Event
	limit  time.Duration
	close  context.CancelFunc
}

func listenFor(t *testing.T, p *process, who *person, limit time.Duration) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{events: make(chan sse.Event, 100), limit: limit}
	var reading sync.WaitGroup
	l.close = func() { cancel(); reading.Wait() }
	t.Cleanup(l.close)
	reading.Go(func() {
		defer close(l.events)
		answer, err := p.open(ctx, http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
		if err != nil {
			return
		}
		defer hangUp(answer)
		for in := sse.NewReader(answer.Body); ; {
			e, err := in.Next()
			if err != nil {
				return
			}
			select {
			case l.events <- e:
			case <-ctx.Done():
				return
			}
		}
	})
	return l
}

// next returns the next event; not ok: none came in time.
func (l *listener) next(t *testing.T) (e sse.Event, ok bool) {
	t.Helper()
	select {
	case e, ok = <-l.events:
	case <-time.After(l.limit):
	}
	return e, ok
}

// want waits for an event, past others.
func (l *listener) want(t *testing.T, name string) sse.Event {
	t.Helper()
	for {
		e, ok := l.next(t)
		if !ok {
			t.Fatalf("no %s came in %v", name, l.limit)
		}
		if e.Name == name {
			return e
		}
	}
}

// passesAtOnce sends through a proxy, and hears through it.
func passesAtOnce(t *testing.T, p *process) {
	t.Helper()
	l := listenFor(t, p, newPerson("1"), atOnce)
	defer l.close()
	l.want(t, "connection")
	for range 2 {
		var beat struct{ TS time.Time }
		e := l.want(t, "heartbeat")
		if err := json.Unmarshal([]byte(e.Data), &beat); err != nil || time.Since(beat.TS) > atOnce {
			t.Errorf("a heartbeat of %v came at %v, %v", beat.TS, time.Now(), err)
		}
	}
	for n := range 3 {
		send(t, p, fmt.Sprint("through the proxy ", n), http.StatusCreated)
		l.want(t, "message")
	}
}

// noticesWhoLeaves holds that a reader who goes is gone behind the proxy too.
func noticesWhoLeaves(t *testing.T, p, behind *process) {
	t.Helper()
	who := newPerson("2")
	var status struct {
		Connections []json.RawMessage
	}
	l := listenFor(t, p, who, atOnce)
	l.want(t, "connection")
	who.get(t.Context(), t, p, sendPath+"sse/status/", &status)
	if len(status.Connections) != 1 {
		t.Errorf("one stream is open, and the status has %d", len(status.Connections))
	}
	l.close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); len(status.Connections) > 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the reader left, and its stream stays open behind the proxy")
		}
		who.get(t.Context(), t, behind, sendPath+"sse/status/", &status)
	}
}

// reloads sends and listens while the proxy is reloaded: each number comes once, in its order. Where the streams of before are cut, it
// goes on until that has happened.
func reloads(t *testing.T, p *proxy, cuts bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	who := newPerson("3")
	d := &numbered{person: who, cursor: who.inbox(ctx, t, p.process).cursor}
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	reading.Go(func() { d.follow(ctx, p.process) })
	until := func(what string, enough func() bool) {
		t.Helper()
		for end := time.Now().Add(2 * patience); !enough(); d.send(ctx, t, p.process) {
			if time.Now().After(end) {
				t.Fatalf("%s: not in %v; %d of %d came, %d streams", what, 2*patience, d.came.Load(), d.sent, d.streams.Load())
			}
		}
	}
	until("before the reload", func() bool { return d.came.Load() >= 20 })
	p.Signal(t, p.reload)
	at, streams := d.came.Load(), d.streams.Load()
	until("after the reload", func() bool { return d.came.Load() >= at+50 && (!cuts || d.streams.Load() > streams) })
	at = d.came.Load()
	until("on the stream of after it", func() bool { return d.came.Load() >= at+20 })
	for _, f := range d.faults() {
		t.Error(f)
	}
	if !cuts && d.streams.Load() != streams {
		t.Errorf("the stream of before was to go on, and %d were opened", d.streams.Load())
	}
}

// numbered is a person to whom numbers are sent, and a device that must get each once and in order.
type numbered struct {
	*person
	came, streams atomic.Int64
	sent          int64

	mu     sync.Mutex
	cursor string // where it starts, and is
	wrong  []string
}

// send sends the next number, again under the same key when a connection broke meanwhile.
func (d *numbered) send(ctx context.Context, t *testing.T, p *process) {
	t.Helper()
	d.sent++
	body := fmt.Appendf(nil, `{"to":%q,"category":"proxy.test","title":"%d"}`, d.id, d.sent)
	for range 5 {
		status, text, err := p.call(ctx, http.MethodPost, sendPath, apiKey, body, "Idempotency-Key", fmt.Sprint(d.id, " ", d.sent))
		if err == nil && status == http.StatusCreated {
			return
		}
		if err == nil && status != http.StatusBadGateway {
			t.Fatalf("send %d: %d %s", d.sent, status, text)
		}
	}
	t.Fatalf("send %d: it failed five times", d.sent)
}

// follow keeps a stream open until ctx ends, and resumes it where it was.
func (d *numbered) follow(ctx context.Context, p *process) {
	for ctx.Err() == nil {
		d.connect(ctx, p)
	}
}

func (d *numbered) connect(ctx context.Context, p *process) {
	answer, err := p.open(ctx, http.MethodGet, "/api/v1/notifications/sse/stream/", d.token, nil, "Accept", "text/event-stream", "Last-Event-ID", d.cursor)
	if err != nil {
		return
	}
	defer hangUp(answer)
	d.streams.Add(1)
	for in := sse.NewReader(answer.Body); ; {
		e, err := in.Next()
		if err != nil {
			return
		}
		d.take(e)
	}
}

func (d *numbered) take(e sse.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Name {
	case "connection":
		var c struct{ Resumed bool }
		if err := json.Unmarshal([]byte(e.Data), &c); err != nil || !c.Resumed || e.ID != d.cursor {
			d.wrong = append(d.wrong, fmt.Sprintf("resumed from %s: got %s at %s", d.cursor, e.Data, e.ID))
		}
	case "message":
		var n row
		if err := json.Unmarshal([]byte(e.Data), &n); err != nil || n.Title != fmt.Sprint(d.came.Add(1)) {
			d.wrong = append(d.wrong, fmt.Sprintf("%q came as number %d, %v", n.Title, d.came.Load(), err))
		}
		d.cursor = e.ID
	case "counts", "heartbeat":
	default:
		d.wrong = append(d.wrong, fmt.Sprintf("%s came: %s", e.Name, e.Data))
	}
}

func (d *numbered) faults() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wrong[:min(len(d.wrong), 10)]
}
