package stream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
)

// writePiece is how much is written under one deadline.
const writePiece = 32 << 10

// portable writes a stream with what every net/http server offers, in the goroutine of its handler.
type portable struct {
	hub     *Hub
	w       http.ResponseWriter
	control *http.ResponseController
	bell    chan struct{}
	buffer  *[]byte // borrowed
}

func newPortable(h *Hub, w http.ResponseWriter) *portable {
	return &portable{hub: h, w: w, control: http.NewResponseController(w), bell: make(chan struct{}, 1)}
}

func (*portable) name() string { return "portable" }

func (p *portable) wake() { signal(p.bell) }

// carry is Serve for a stream that stays with net/http.
func (h *Hub) carry(w http.ResponseWriter, r *http.Request, q *Request) error {
	p := newPortable(h, w)
	c := new(conn)
	if why := h.join(r.Context(), c, q, p); why != "" {
		p.refuse(r, q, why)
		return nil
	}
	defer h.leave(c)
	h.meters.portable.Add(1)
	defer h.meters.portable.Add(-1)
	n, changes, err := h.fetch(r.Context(), c)
	if err != nil && !c.dismissed() {
		return err
	}
	describe(w.Header(), r)
	w.WriteHeader(http.StatusOK)
	if err == nil {
		err = p.give(c.learn(h.now(), n, &changes, p.borrow()))
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

// refuse writes a stream that is over before it begins. The id is the client's own place, so that nothing is lost should it
// come back by a way of its own.
func (p *portable) refuse(r *http.Request, q *Request, why belfry.CloseReason) {
	describe(p.w.Header(), r)
	p.w.WriteHeader(http.StatusOK)
	at, err := belfry.ParseCursor(q.LastEventID)
	if err != nil {
		at = belfry.Cursor{Epoch: p.hub.cfg.Epoch}
	}
	p.hub.meters.closed(why)
	retry := closeRetry(why, p.hub.size())
	_ = p.give(appendClose(p.borrow(), at, why, retry)) // whoever is gone need not be told
}

// run gives the stream its steps until it ends: by its last step, or because the client is gone or too slow.
func (p *portable) run(ctx context.Context, c *conn) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		b, st := c.step(p.hub.now(), p.borrow())
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
			timer.Reset(st.until.since(p.hub.now()))
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
		if ctx.Err() == nil && !c.dismissed() {
			p.hub.cfg.Logger.WarnContext(ctx, "a stream waits for the store", "user", c.topic.user, "error", err)
		}
		c.stumble(p.hub.now())
		return ctx.Err()
	}
	return p.give(c.learn(p.hub.now(), n, &changes, p.borrow()))
}

// borrow returns an empty buffer to compose into; give takes it back. Between writes a stream holds none.
func (p *portable) borrow() []byte {
	p.buffer = p.hub.borrow()
	return (*p.buffer)[:0]
}

// give writes what was composed into the buffer that was borrowed.
func (p *portable) give(b []byte) error {
	err := p.write(b)
	*p.buffer = b
	p.hub.giveBack(p.buffer)
	p.buffer = nil
	return err
}

// write writes and flushes piece by piece, each with its own deadline: a slow reader may take long, a dead one may not.
func (p *portable) write(b []byte) error {
	for len(b) > 0 {
		piece := b[:min(len(b), writePiece)]
		b = b[len(piece):]
		err := p.control.SetWriteDeadline(time.Now().Add(p.hub.patience.write))
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
