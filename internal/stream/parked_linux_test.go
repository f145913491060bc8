package stream_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/stream"
)

// transport is what the status says of a person's only stream.
func (n *node) transport(t *testing.T, user string) string {
	t.Helper()
	s := n.hub.Status(user)
	if len(s.Connections) != 1 {
		t.Fatalf("%d streams, want 1", len(s.Connections))
	}
	return s.Connections[0].Transport
}

// TestParkedTime: heartbeats, the warning, the end of the credential and gathering, by the loop's own clock.
func TestParkedTime(t *testing.T) {
	t.Parallel()
	n := start(t, func(c *stream.Config) { c.Heartbeat = 30 * time.Millisecond })
	began := time.Now()
	server := reach(t, n, nil, func(q *stream.Request) {
		switch q.User {
		case "expires":
			q.ExpiresAt = began.Add(500 * time.Millisecond)
		case "gathers":
			q.Batch = 300 * time.Millisecond
		}
	})
	expires, gathers := call(t, server, "expires"), call(t, server, "gathers")
	expires.want("connection 0 0", "heartbeat", "heartbeat", "heartbeat")
	for _, w := range expires.until("reauth") {
		if w != "heartbeat" {
			t.Errorf("got %s before the warning", w)
		}
	}
	expires.until("close expired")
	if d := time.Since(began); d < 500*time.Millisecond {
		t.Errorf("expired after %v", d)
	}
	expires.wantEnd()
	gathers.want("connection 0 0")
	sent := time.Now()
	for i := range 10 {
		n.send("gathers", fmt.Sprint(i))
	}
	gathers.until("message 0")
	if d := time.Since(sent); d < 300*time.Millisecond {
		t.Errorf("gathered for %v", d)
	}
	for i := range 9 {
		gathers.want(fmt.Sprint("message ", i+1)) // and no heartbeat between: it is one write
	}
	gathers.want("counts 10 10")
}

// TestParkedTalkativeClient: what a client sends after its request is nobody's, and the last frame reaches it all the same.
func TestParkedTalkativeClient(t *testing.T) {
	t.Parallel()
	n := start(t)
	c := call(t, reach(t, n, nil, nil), "ada")
	c.want("connection 0 0")
	if _, err := io.WriteString(c.conn, strings.Repeat("GET / HTTP/1.1\r\n\r\n", 500)); err != nil {
		t.Fatal(err)
	}
	n.send("ada", "one")
	c.want("message one", "counts 1 1")
	n.hub.Hangup("ada", "", "closed")
	c.want("close closed")
	c.wantEnd()
}

// TestParkedKinds: what can be parked is, and the status says so.
func TestParkedKinds(t *testing.T) {
	t.Parallel()
	sockets, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		listener net.Listener
		version  string
	}{"HTTP/1.1": {nil, "1.1"}, "HTTP/1.0": {nil, "1.0"}, "a Unix socket": {sockets, "1.1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := start(t)
			c := ask(t, reach(t, n, tt.listener, nil), "GET /?user=ada HTTP/"+tt.version+"\r\nHost: x\r\nUser-Agent: a\r\n\r\n")
			c.begin(c.conn)
			if c.answer.StatusCode != http.StatusOK || c.answer.Header.Get("Connection") != "close" && !c.answer.Close || len(c.answer.TransferEncoding) > 0 {
				t.Errorf("got %v", c.answer)
			}
			c.want("connection 0 0")
			eventually(t, "it is parked", func() bool { return n.hub.Stats().Parked == 1 })
			if got := n.transport(t, "ada"); got != "parked" {
				t.Errorf("the transport is %s", got)
			}
			n.send("ada", "one")
			n.broadcast("all")
			c.until("message all")
			n.hub.Hangup("ada", "", "closed")
			c.until("close closed")
			c.wantEnd()
		})
	}
}

// TestBroadcastsWhileJoining: whoever comes while broadcasts go round to those who are there, and makes the walk longer, gets
// each, and so does everyone else. A heartbeat, which would hide one that was forgotten, is further away than patience.
func TestBroadcastsWhileJoining(t *testing.T) {
	t.Parallel()
	n := start(t)
	server := reach(t, n, nil, nil)
	const streams, broadcasts = 400, 40
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var callers, sending sync.WaitGroup
	joined := make(chan struct{}, streams)
	final := fmt.Sprintf("message b%d", broadcasts)
	for i := range streams {
		callers.Go(func() {
			defer cancel()
			c := call(t, server, fmt.Sprint("user", i))
			first := word(c.next())
			joined <- struct{}{}
			var have int
			if _, err := fmt.Sscanf(first, "connection %d", &have); err != nil {
				t.Errorf("began with %s", first)
				return
			}
			for want := have; want < broadcasts; {
				w := word(c.next())
				if strings.HasPrefix(w, "counts") {
					continue
				}
				if want++; w != fmt.Sprintf("message b%d", want) {
					t.Errorf("want broadcast %d, got %s", want, w)
					return
				}
			}
			for w := final; w != "counts 40 40" && have < broadcasts; {
				w = word(c.next())
			}
		})
	}
	sending.Go(func() {
		for i := range broadcasts {
			for range streams / broadcasts {
				select {
				case <-joined:
				case <-ctx.Done(): // one has failed, or all is over
				}
			}
			n.broadcast(fmt.Sprintf("b%d", i+1))
		}
	})
	callers.Wait()
	sending.Wait()
}
