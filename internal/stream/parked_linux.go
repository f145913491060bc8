package stream

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// parked is a stream that has left net/http: a socket and a connection, without a goroutine, without a buffer.
type parked struct {
	conn
	home   *loop
	links  links
	jam    *jam  // nil: the socket takes all
	fd     int32 // -1: not here yet, or gone
	gen    int32
	queued bool // on the loop's list; guarded by its lock
	asking bool // a reader has it
}

func (*parked) name() string { return "parked" }

func (p *parked) wake() { p.home.wake(p) }

// park is Serve for a stream that leaves net/http. It joins, reads and greets here, where waiting for the store is nobody's
// trouble, and hands the socket over.
func (h *Hub) park(l *loop, w http.ResponseWriter, r *http.Request, q *Request) error {
	p := &parked{home: l, fd: -1}
	c := &p.conn
	if why := h.join(r.Context(), c, q, p); why != "" {
		newPortable(h, w).refuse(r, q, why)
		return nil
	}
	n, changes, err := h.fetch(r.Context(), c)
	if err != nil && !c.dismissed() {
		h.leave(c)
		return err
	}
	describe(w.Header(), r)
	buffer := h.borrow()
	b := h.lot.appendHead((*buffer)[:0], w.Header())
	if err == nil {
		b = c.learn(h.now(), n, &changes, b)
	} // else it was told to end while it joined: the step says so
	b, first := c.step(h.now(), b)
	*buffer = b
	fd, err := h.hijack(w, c, buffer)
	if err != nil {
		h.leave(c)
		return err
	}
	if fd < 0 {
		return nil
	}
	h.meters.parked.Add(1)
	if !l.welcome(p, fd, buffer, first.do == park) {
		l.turnAway(p, fd)
	}
	return nil
}

// hijack takes the socket from net/http. A connection that is no plain socket (a listener has wrapped it) is carried by a
// goroutine instead, and -1 returned.
func (h *Hub) hijack(w http.ResponseWriter, c *conn, buffer *[]byte) (fd int, err error) {
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return -1, fmt.Errorf("take over the connection: %w", err)
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		_ = nc.Close()
		return -1, fmt.Errorf("take over the connection: %w", err)
	}
	fd, ok, err := takeOver(nc)
	if !ok {
		h.carryRaw(nc, c, buffer)
		return -1, nil
	}
	return fd, err
}

// appendHead writes the head of a stream's answer.
func (l *lot) appendHead(b []byte, head http.Header) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\nDate: "...)
	b = l.date.append(b, time.Now())
	b = append(b, "\r\n"...)
	out := bytes.NewBuffer(b)
	_ = head.Write(out) // a buffer takes everything
	return append(out.Bytes(), "\r\n"...)
}
