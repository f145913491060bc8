package stream

import (
	"context"
	"io"
	"net"
	"net/http"
)

// carryRaw carries a stream on a hijacked connection of which only Read and Write are known, until it ends.
func (h *Hub) carryRaw(nc net.Conn, c *conn, first *[]byte) {
	p := newPortable(h, rawWriter{nc})
	c.topic.mu.Lock()
	c.by = p
	c.topic.mu.Unlock()
	p.wake() // what woke it before woke another
	h.meters.portable.Add(1)
	defer h.meters.portable.Add(-1)
	defer h.leave(c)
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, nc) // ends when the peer leaves, or with Close below
		cancel()
	}()
	defer func() { <-gone }()
	defer nc.Close() //nolint:errcheck // nothing is lost with a connection that cannot be closed
	p.buffer = first
	if p.give(*first) == nil {
		p.run(ctx, c)
	}
}

// A rawWriter is a connection as a ResponseWriter whose head has been written. It has the connection's SetWriteDeadline.
type rawWriter struct{ net.Conn }

// Header implements [http.ResponseWriter].
func (rawWriter) Header() http.Header { return http.Header{} }

// WriteHeader implements [http.ResponseWriter].
func (rawWriter) WriteHeader(int) {}

// FlushError lets a ResponseController flush what is never kept.
func (rawWriter) FlushError() error { return nil }
