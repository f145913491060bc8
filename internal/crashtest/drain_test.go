package crashtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// SIGTERM: every stream is told when to come back, and the process is gone in seconds with status 0 and all it promised.
func TestTerminateDrains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, dir)
	who := newPerson("1")
	const open = 8
	var streams []*sse.Reader
	for range open {
		answer, err := p.open(t.Context(), http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
		if err != nil {
			t.Fatal(err)
		}
		defer hangUp(answer)
		in := sse.NewReader(answer.Body)
		if e, err := in.Next(); err != nil || e.Name != "connection" {
			t.Fatalf("got %+v and %v, want a connection", e, err)
		}
		streams = append(streams, in)
	}
	send(t, p, "before the end", http.StatusCreated)

	started := time.Now()
	p.Signal(t, syscall.SIGTERM)
	retries := map[int64]bool{}
	for _, in := range streams {
		retries[lastRetry(t, in)] = true
	}
	if len(retries) < 2 {
		t.Errorf("%d streams were all told to come back after %v ms: they would come at once", open, retries)
	}
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit status: got %d, want 0\n%s", code, p.Output)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if wal, err := os.Stat(filepath.Join(dir, "belfry.db-wal")); err == nil && wal.Size() > 0 {
		t.Errorf("the database was left with %d bytes in its log", wal.Size())
	}
	if box := who.inbox(t.Context(), t, serve(t, dir)); len(box.rows) != 1 || box.rows[0].Title != "before the end" {
		t.Errorf("after the restart: got %+v", box.rows)
	}
}

// lastRetry reads a stream to its end, which must be a close for draining, and returns when to come back.
func lastRetry(t *testing.T, in *sse.Reader) int64 {
	t.Helper()
	var last sse.Event
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %+v: %v", last, err)
		}
		last = e
	}
	var c struct {
		Reason string
		Retry  int64
	}
	if err := json.Unmarshal([]byte(last.Data), &c); err != nil || last.Name != "close" || c.Reason != "drain" || c.Retry <= 0 {
		t.Errorf("the last event: got %s %s, want a close for draining with a retry", last.Name, last.Data)
	}
	if last.Retry.Milliseconds() != c.Retry {
		t.Errorf("the stream's own retry is %v, and the event's %d ms", last.Retry, c.Retry)
	}
	return c.Retry
}

// A stopped process must not wait for idle connections, nor for a signal twice.
func TestTerminateWhenIdle(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	send(t, p, "leaves an idle connection", http.StatusCreated)
	started := time.Now()
	p.Signal(t, syscall.SIGTERM)
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit status: got %d, want 0\n%s", code, p.Output)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
}
