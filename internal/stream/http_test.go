package stream_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/internal/stream"
)

// serve puts a hub behind a real server on the loopback.
func serve(t *testing.T, n *node, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := stream.Request{User: r.FormValue("user"), LastEventID: r.Header.Get("Last-Event-ID")}
		if err := n.hub.Serve(w, r, q); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	server.EnableHTTP2 = http2
	if http2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

type live struct {
	t      *testing.T
	answer *http.Response
	reader *sse.Reader
}

func dial(t *testing.T, server *httptest.Server, user, lastID string) *live {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/?user="+user, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &live{t, answer, sse.NewReader(answer.Body)}
}

func (l *live) want(words ...string) (last sse.Event) {
	l.t.Helper()
	for _, want := range words {
		e, err := l.reader.Next()
		if err != nil {
			l.t.Fatalf("want %s, got %v", want, err)
		}
		if got := word(e); got != want {
			l.t.Fatalf("want %s, got %s", want, got)
		}
		last = e
	}
	return last
}

func TestOverHTTP(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := start(t)
			server := serve(t, n, http2)
			p := dial(t, server, "ada", "")
			if p.answer.Proto != name {
				t.Fatalf("want %s, got %s", name, p.answer.Proto)
			}
			head := map[string]string{}
			for _, key := range []string{"Content-Type", "Cache-Control", "X-Accel-Buffering"} {
				head[key] = p.answer.Header.Get(key)
			}
			want := map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no",
			}
			if diff := cmp.Diff(want, head); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			p.want("connection 0 0")
			n.send("ada", "one")
			last := p.want("message one", "counts 1 1")
			n.broadcast("all")
			p.want("message all", "counts 2 2")
			q := dial(t, server, "ada", last.ID)
			q.want("resumed 2 2", "message all")
			n.hub.Hangup("ada", "", "closed")
			stop := p.want("close closed")
			if _, err := p.reader.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("want the end after close, got %v", err)
			}
			gone := dial(t, server, "ada", stop.ID)
			if b, err := io.ReadAll(gone.answer.Body); gone.answer.StatusCode != http.StatusNoContent || len(b) != 0 || err != nil {
				t.Errorf("want 204 after close, got %d %q %v", gone.answer.StatusCode, b, err)
			}
		})
	}
}

// TestPeerGone: a client that goes away without a word is noticed, and forgotten.
func TestPeerGone(t *testing.T) {
	t.Parallel()
	n := start(t)
	server := serve(t, n, false)
	p := dial(t, server, "ada", "")
	p.want("connection 0 0")
	if err := p.answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n.hub.Stats().Connections > 0 {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("still connected")
		}
	}
}

// TestWire: the stream's beginning, byte for byte.
func TestWire(t *testing.T) {
	t.Parallel()
	n := start(t)
	server := serve(t, n, false)
	p := dial(t, server, "a%22%3Cb", "")
	lines := bufio.NewReader(p.answer.Body)
	var got []string
	for range 5 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	id, _, _ := strings.Cut(strings.SplitAfter(got[3]+`"connection_id":"`, `"connection_id":"`)[1], `"`)
	retry := strings.TrimSuffix(strings.TrimPrefix(got[0], "retry: "), "\n")
	want := []string{
		got[0], "id: " + n.store.Epoch() + "-0-0\n", "event: connection\n",
		`data: {"status":"connected","connection_id":"` + id + `","user_id":"a\"<b","unread":0,"unseen":0,"heartbeat_interval":25,"resumed":false,"retry":` + retry + "}\n",
		"\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the beginning differs (-want +got):\n%s", diff)
	}
	if len(retry) != 4 || !strings.HasPrefix(got[0], "retry: ") {
		t.Errorf("the first line is %q", got[0])
	}
}

// TestWriterThatCannotFlush: a middleware that hides the server's writer is named in the log.
func TestWriterThatCannotFlush(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	n := start(t, func(c *stream.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	hidden := struct{ http.ResponseWriter }{httptest.NewRecorder()}
	if err := n.hub.Serve(hidden, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), stream.Request{User: "ada"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "Unwrap") {
		t.Errorf("the log says %q", log.String())
	}
}
