package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	writeTimeout = 20 * time.Second // for one piece; whoever cannot take it by then is as good as gone
	writePiece   = 32 << 10
	bufferMax    = 64 << 10 // a larger buffer is not kept for others
)

// Serve writes the whole answer to a stream request and returns when the stream has ended. It returns an error only when
// nothing was written yet (the store does not answer), for the caller to answer instead.
//
// A LastEventID that ends in -x is answered 204: the client was told to stay away. Over a cap, or while the hub closes,
// the answer is a stream of one close event.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, q Request) error {
	if strings.HasSuffix(q.LastEventID, belfry.StopSuffix) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	bell := make(chan struct{}, 1)
	p := &portable{hub: h, w: w, control: http.NewResponseController(w), bell: bell}
	c, why := h.join(q, "portable", func() { signal(bell) })
	if c == nil {
		p.begin(r)
		p.refuse(q, why)
		return nil
	}
	defer h.leave(c)
	n, changes, err := h.fetch(r.Context(), c)
	if err != nil && !p.told(c) {
		return err
	}
	p.begin(r)
	if err == nil {
		err = p.give(c.learn(time.Now(), n, &changes, p.borrow()))
	} else {
		err = nil // told to end while it joined: the next step says so
	}
	if errors.Is(err, http.ErrNotSupported) {
		h.cfg.Logger.ErrorContext(r.Context(), "streams cannot be flushed: a middleware's ResponseWriter needs an Unwrap method", "error", err)
	}
	if err == nil {
		p.run(r.Context(), c)
	}
	return nil
}

// portable writes a stream with what every net/http server offers, in the goroutine of its handler.
type portable struct {
	hub     *Hub
	w       http.ResponseWriter
	control *http.ResponseController
	bell    <-chan struct{}
	buffer  *[]byte // borrowed
}

// told reports whether the connection was told to end.
func (*portable) told(c *conn) bool {
	c.topic.mu.Lock()
	defer c.topic.mu.Unlock()
	return c.why != ""
}

func (p *portable) begin(r *http.Request) {
	head := p.w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-cache, no-transform")
	head.Set("X-Accel-Buffering", "no")
	if r.ProtoMajor == 1 {
		// Nothing can follow a stream: kept alive, the connection would carry the last write's deadline into the next request.
		head.Set("Connection", "close")
	}
	p.w.WriteHeader(http.StatusOK)
}

// refuse writes a stream that is over before it begins. The id is the client's own place, so that nothing is lost should it
// come back by a way of its own.
func (p *portable) refuse(q Request, why belfry.CloseReason) {
	at, err := belfry.ParseCursor(q.LastEventID)
	if err != nil {
		at = belfry.Cursor{Epoch: p.hub.cfg.Epoch}
	}
	p.hub.meters.closed(why)
	retry := closeRetry(why, p.hub.total.Load())
	_ = p.give(appendClose(p.borrow(), at, why, retry)) // whoever is gone need not be told
}

// run gives the stream its steps until it ends: by its last step, or because the client is gone or too slow.
func (p *portable) run(ctx context.Context, c *conn) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		b, st := c.step(time.Now(), p.borrow())
		if p.give(b) != nil {
			return
		}
		switch st.do {
		case end:
			return
		case next:
		case read:
			if p.read(ctx, c) != nil {
				return
			}
		case park:
			timer.Reset(time.Until(st.until))
			select {
			case <-p.bell:
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// read asks the store. Its failure is no reason to end the stream: the connection asks again later.
func (p *portable) read(ctx context.Context, c *conn) error {
	n, changes, err := p.hub.fetch(ctx, c)
	if err != nil {
		if ctx.Err() == nil && !p.told(c) {
			p.hub.cfg.Logger.WarnContext(ctx, "a stream waits for the store", "user", c.req.User, "error", err)
		}
		c.stumble(time.Now())
		return ctx.Err()
	}
	return p.give(c.learn(time.Now(), n, &changes, p.borrow()))
}

// borrow returns an empty buffer to compose into; give takes it back. Between writes a stream holds none.
func (p *portable) borrow() []byte {
	p.buffer, _ = p.hub.buffers.Get().(*[]byte)
	return (*p.buffer)[:0]
}

// give writes what was composed into the buffer that was borrowed.
func (p *portable) give(b []byte) error {
	err := p.write(b)
	if cap(b) <= bufferMax {
		*p.buffer = b
		p.hub.buffers.Put(p.buffer)
	}
	p.buffer = nil
	return err
}

// write writes and flushes piece by piece, each with its own deadline: a slow reader may take long, a dead one may not.
func (p *portable) write(b []byte) error {
	for len(b) > 0 {
		piece := b[:min(len(b), writePiece)]
		b = b[len(piece):]
		err := p.control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("set the write deadline: %w", err)
		}
		if _, err := p.w.Write(piece); err != nil {
			return fmt.Errorf("write to the stream: %w", err)
		}
		if err := p.control.Flush(); err != nil {
			return fmt.Errorf("flush the stream: %w", err)
		}
		p.hub.meters.writes.Add(1)
		p.hub.meters.bytes.Add(int64(len(piece)))
	}
	return nil
}
