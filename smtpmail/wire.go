package smtpmail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// A wire is a connection on which lines go out and replies come in, each with its deadline. Once anything on it went
// wrong, what comes next could be the answer to what was asked before: it is closed then, and answers no more.
type wire struct {
	raw net.Conn // closing it stops whatever goes on
	net.Conn
	in *bufio.Reader
}

func newWire(c net.Conn) *wire {
	return &wire{raw: c, Conn: c, in: bufio.NewReaderSize(c, maxReplyLine)}
}

// secure puts the connection under another one. What the old reader had read ahead is not taken over: the caller has made
// sure that it is nothing.
func (w *wire) secure(c net.Conn) {
	w.Conn = c
	w.in = bufio.NewReaderSize(c, maxReplyLine)
}

// guard closes the wire when ctx ends; stop ends the guard.
func (w *wire) guard(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = w.raw.Close() })
}

// block is how much is written under one deadline.
const block = 32 << 10

// write sends b, each block within d. n is how much the connection took: less than all of b, when there is an error.
func (w *wire) write(ctx context.Context, b []byte, d time.Duration) (n int, err error) {
	for len(b) > 0 {
		part := b[:min(len(b), block)]
		if err := w.SetDeadline(time.Now().Add(d)); err != nil {
			return n, w.fault(ctx, err, d)
		}
		m, err := w.Write(part)
		n += m
		if err != nil {
			return n, w.fault(ctx, err, d)
		}
		b = b[len(part):]
	}
	return n, nil
}

// read reads one whole reply within d.
func (w *wire) read(ctx context.Context, d time.Duration) (*reply, error) {
	if err := w.SetDeadline(time.Now().Add(d)); err != nil {
		return nil, w.fault(ctx, err, d)
	}
	var r reply
	for {
		line, err := w.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, protocolError(fmt.Sprintf("a line of more than %d bytes", maxReplyLine))
		}
		if err != nil {
			return nil, w.fault(ctx, err, d)
		}
		for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
			line = line[:len(line)-1]
		}
		code, more, text, err := parseReplyLine(string(line))
		switch {
		case err != nil:
			return nil, err
		case r.code != 0 && code != r.code:
			return nil, protocolError("the lines of one reply have different codes")
		case len(r.lines) == maxReplyLines:
			return nil, protocolError(fmt.Sprintf("a reply of more than %d lines", maxReplyLines))
		}
		r.code = code
		enhanced, text := cutEnhanced(code, text)
		if r.enhanced == "" {
			r.enhanced = enhanced
		}
		r.lines = append(r.lines, text)
		if !more {
			return &r, nil
		}
	}
}

// fault tells the end of a context from the troubles of a connection: both look like a closed one.
func (w *wire) fault(ctx context.Context, err error, d time.Duration) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return late(d)
	}
	return err
}
