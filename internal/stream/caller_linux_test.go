package stream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/internal/stream"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// reach serves streams for callers, on a listener of the test's or an ordinary one; ask may say more of what a caller asks.
func reach(t *testing.T, n *node, l net.Listener, ask func(*stream.Request)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := stream.Request{User: r.FormValue("user"), LastEventID: r.Header.Get("Last-Event-ID"), IP: "192.0.2.7", UserAgent: r.UserAgent()}
		if ask != nil {
			ask(&q)
		}
		if err := n.hub.Serve(w, r, q); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	if l != nil {
		_ = server.Listener.Close()
		server.Listener = l
	}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// A caller is a client on a socket of its own: what it does not read stays in the socket, which holds little.
type caller struct {
	t      *testing.T
	conn   net.Conn
	answer *http.Response
	reader *sse.Reader
}

// call asks for a stream.
func call(t *testing.T, server *httptest.Server, user string) *caller {
	t.Helper()
	c := ask(t, server, "GET /?user="+user+" HTTP/1.1\r\nHost: x\r\n\r\n")
	c.begin(c.conn)
	return c
}

// ask sends a request.
func ask(t *testing.T, server *httptest.Server, request string) *caller {
	t.Helper()
	at := server.Listener.Addr()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10) })
	}}
	conn, err := d.DialContext(t.Context(), at.Network(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, conn: conn}
}

// begin reads the answer's head. Its body ends with the connection.
func (c *caller) begin(from io.Reader) {
	c.t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(from), nil) //nolint:bodyclose // it is the connection, and closed with it
	if err != nil {
		c.t.Fatal(err)
	}
	c.answer, c.reader = answer, sse.NewReader(answer.Body)
}

func (c *caller) next() sse.Event {
	c.t.Helper()
	e, err := c.reader.Next()
	if err != nil {
		c.t.Fatalf("want another event, got %v", err)
	}
	return e
}

func (c *caller) want(words ...string) (last sse.Event) {
	c.t.Helper()
	for _, want := range words {
		if last = c.next(); word(last) != want {
			c.t.Fatalf("want %s, got %s", want, word(last))
		}
	}
	return last
}

// until reads up to an event.
func (c *caller) until(want string) (passed []string) {
	c.t.Helper()
	for {
		e := word(c.next())
		if e == want {
			return passed
		}
		passed = append(passed, e)
	}
}

// wantEnd wants the connection closed.
func (c *caller) wantEnd() {
	c.t.Helper()
	if e, err := c.reader.Next(); err == nil {
		c.t.Errorf("want the end, got %s", word(e))
	} else if errors.Is(err, context.DeadlineExceeded) {
		c.t.Error("want the end, got none")
	}
}

// reset leaves without a goodbye.
func (c *caller) reset() {
	c.t.Helper()
	if err := c.conn.(*net.TCPConn).SetLinger(0); err != nil { //nolint:forcetypeassert // these tests dial TCP
		c.t.Error(err)
	}
	_ = c.conn.Close()
}

// eventually waits for a condition that nothing tells of.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

func (n *node) connections() int64 { return n.hub.Stats().Connections }

// jam sends a person more than a socket holds, until so many sockets are full.
func (n *node) jam(t *testing.T, user string, sockets int64) (sent int) {
	t.Helper()
	for ; sent < 1000; sent++ {
		n.send(user, fmt.Sprintf("%d %01000d", sent, 0))
	}
	eventually(t, "full sockets", func() bool { return n.hub.Stats().Jammed == sockets })
	return sent
}

// endings counts what Config.Ended was told.
type endings struct {
	mu   sync.Mutex
	told map[belfry.ID]int
}

func (e *endings) ended(_ string, id belfry.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.told == nil {
		e.told = map[belfry.ID]int{}
	}
	e.told[id]++
}

// want wants each of so many streams told of once.
func (e *endings) want(t *testing.T, n int) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.told) != n {
		t.Errorf("%d streams were told of, want %d", len(e.told), n)
	}
	for id, times := range e.told {
		if times != 1 {
			t.Errorf("the end of %v was told %d times", id, times)
		}
	}
}
