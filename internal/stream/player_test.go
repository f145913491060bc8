package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/internal/stream"
)

// A player is one stream into memory: what the hub wrote, and how it ended.
type player struct {
	n      *node
	w      *recorder
	cancel context.CancelFunc
	done   chan struct{}
	err    error // valid after done
}

// open starts a stream. It ends with the test, or before.
func (n *node) open(q stream.Request) *player {
	ctx, cancel := context.WithCancel(context.Background())
	p := &player{n: n, w: newRecorder(), cancel: cancel, done: make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	go func() {
		defer close(p.done)
		p.err = n.hub.Serve(p.w, r, q)
	}()
	return p
}

// leave is the client going away.
func (p *player) leave() {
	p.cancel()
	p.w.unblock()
	<-p.done
}

// events parses all that was written up to now.
func (p *player) events() []sse.Event {
	p.n.t.Helper()
	reader := sse.NewReader(bytes.NewReader(p.w.bytes()))
	var out []sse.Event
	for {
		e, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			p.n.t.Fatalf("read the stream: %v", err)
		}
		out = append(out, e)
	}
}

// words tells the events shortly: the name, and a title, a count or a reason.
func (p *player) words() []string {
	p.n.t.Helper()
	var out []string
	for _, e := range p.events() {
		out = append(out, word(e))
	}
	return out
}

// A recorder is a ResponseWriter that keeps everything, can be made to block, and honors write deadlines.
type recorder struct {
	header http.Header

	mu       sync.Mutex
	code     int
	buf      bytes.Buffer
	writes   int
	deadline time.Time
	gate     chan struct{} // nil: open
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(code int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.code = code
}

func (w *recorder) Write(b []byte) (int, error) {
	w.mu.Lock()
	gate, deadline := w.gate, w.deadline
	w.mu.Unlock()
	if gate != nil {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		select {
		case <-gate:
		case <-timer.C:
			return 0, os.ErrDeadlineExceeded
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	return w.buf.Write(b)
}

func (w *recorder) FlushError() error { return nil }

func (w *recorder) SetWriteDeadline(at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = at
	return nil
}

func (w *recorder) block() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gate = make(chan struct{})
}

func (w *recorder) unblock() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gate != nil {
		close(w.gate)
		w.gate = nil
	}
}

func (w *recorder) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.buf.Bytes())
}

func (w *recorder) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes
}
