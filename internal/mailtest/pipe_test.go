package mailtest_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// pipes is a network inside one test: real ones do not keep to virtual time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := net.Pipe()
	ours, theirs := newBuffered(a), newBuffered(b)
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, errors.Join(errors.New("nobody listens"), ours.Close(), theirs.Close())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), ours.Close(), theirs.Close())
	}
}

// A buffered connection takes what is written at once, as the network does: on a bare pipe two who both speak would wait
// for each other.
type buffered struct {
	net.Conn
	mu     sync.Mutex
	out    chan []byte
	closed bool
}

func newBuffered(conn net.Conn) *buffered {
	b := &buffered{Conn: conn, out: make(chan []byte, 4096)}
	go b.pump() // ends with Close, or with the other side's
	return b
}

func (b *buffered) pump() {
	for text := range b.out {
		if _, err := b.Conn.Write(text); err != nil {
			break
		}
	}
	_ = b.Conn.Close()
}

// Write implements net.Conn.
func (b *buffered) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	b.out <- bytes.Clone(text)
	return len(text), nil
}

// SetWriteDeadline implements net.Conn: writing takes no time.
func (b *buffered) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (b *buffered) SetDeadline(t time.Time) error { return b.SetReadDeadline(t) }

// Close implements net.Conn: what was written before is still sent.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.out)
		return b.SetReadDeadline(time.Unix(1, 0))
	}
	return nil
}
