package door

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/belfryhq/belfry/internal/socket"
)

// answer reads a visitor's request and has it handled.
func (d *listener) answer(v visitor) {
	defer func() { <-d.crowd }()
	r := parse(*v.said)
	if r == nil {
		if err := d.pass(v); err != nil {
			d.logger.Warn("a connection cannot be served", "error", err)
		}
		return
	}
	buffers.Put(v.said)
	r.RemoteAddr = v.address().String()
	a := &answer{fd: v.fd, header: make(http.Header, 16)}
	defer func() {
		p := recover()
		if err, ok := p.(error); p != nil && (!ok || !errors.Is(err, http.ErrAbortHandler)) {
			d.logger.Error("panic while a stream was begun", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
		a.finish(p != nil)
	}()
	d.handler.ServeHTTP(a, r)
}

// An answer is the ResponseWriter of one request. What is written is sent when the handler returns, and the connection
// closed; a handler that has more to say hijacks it.
type answer struct {
	fd     int // -1: hijacked
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// FlushError says that nothing is sent before the end: a stream that does not hijack ends here.
func (*answer) FlushError() error { return http.ErrNotSupported }

// SetWriteDeadline lets a ResponseController set what is kept anyway: nothing here waits.
func (*answer) SetWriteDeadline(time.Time) error { return nil }

// Hijack implements [http.Hijacker]. The connection can only be closed, or its descriptor be taken.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if a.fd < 0 || a.status != 0 {
		return nil, nil, http.ErrHijacked
	}
	c := &bare{fd: a.fd}
	a.fd = -1
	return c, nil, nil
}

// finish sends what was written. It does not wait for a peer that reads slowly: what was written fits into a socket's
// buffer, which is empty.
func (a *answer) finish(broken bool) {
	if a.fd < 0 {
		return
	}
	defer socket.HangUp(a.fd)
	if broken {
		return
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.header.Set("Connection", "close")
	a.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if a.status != http.StatusNoContent && a.header.Get("Content-Type") != "text/event-stream" {
		a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(&out) // a buffer takes everything
	_, _ = io.WriteString(&out, "\r\n")
	_, _ = a.body.WriteTo(&out)
	_, _ = unix.Write(a.fd, out.Bytes()) // whoever is gone need not be told
}
