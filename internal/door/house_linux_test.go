package door_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/door"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

const path = "/api/stream"

// An echo is what a handler saw of a request.
type echo struct {
	By, Method, URI, Host, Remote, Body string
	Header                              http.Header
}

// as returns a handler that tells what it sees.
func as(by string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b, err := json.Marshal(echo{by, r.Method, r.RequestURI, r.Host, r.RemoteAddr, string(body), r.Header})
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(b)
	}
}

// A house is an http.Server behind a door.
type house struct {
	t      *testing.T
	listen net.Listener
	new    chan struct{} // a connection has come to net/http
	log    *journal
}

// A journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// build opens a house with a handler behind the door; what is not for it is echoed.
func build(t *testing.T, handler http.Handler) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, new: make(chan struct{}, 100), log: &journal{}}
	h.listen = door.Listen(l, path, handler, slog.New(slog.NewTextHandler(h.log, nil)))
	web := &http.Server{
		Handler: as("net/http"), ReadHeaderTimeout: patience, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				h.new <- struct{}{}
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(h.listen) }()
	t.Cleanup(func() {
		_ = web.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) { // the test may close the listener
			t.Errorf("served until %v", err)
		}
	})
	return h
}

// A visitor is a client on a socket of its own.
type visitor struct {
	t    *testing.T
	conn *net.TCPConn
	in   *bufio.Reader
}

func (h *house) visit(says string) *visitor {
	h.t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(context.Background(), "tcp", h.listen.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	v := &visitor{h.t, conn.(*net.TCPConn), bufio.NewReader(conn)} //nolint:forcetypeassert // it was dialed
	v.say(says)
	return v
}

func (v *visitor) say(s string) {
	v.t.Helper()
	if _, err := io.WriteString(v.conn, s); err != nil {
		v.t.Fatal(err)
	}
}

// An answer is what a visitor was told.
type answer struct {
	status int
	header http.Header
	last   bool // it says that the connection ends
	length int64
	body   string
}

// hear reads an answer, whole.
func (v *visitor) hear() answer {
	v.t.Helper()
	r, err := http.ReadResponse(v.in, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, r.Close, r.ContentLength, string(body)}
}

// echo reads the answer of a handler that echoes.
func (v *visitor) echo() (e echo) {
	v.t.Helper()
	a := v.hear()
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		v.t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return e
}

// wantEnd wants the connection closed, in order.
func (v *visitor) wantEnd() {
	v.t.Helper()
	if b, err := v.in.ReadByte(); !errors.Is(err, io.EOF) {
		v.t.Errorf("want the end, got %q, %v", b, err)
	}
}
