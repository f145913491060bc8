package stream

import (
	"context"
	"sync"
)

// A desk reads the store for parked streams, as many at a time as may, the others in their order.
type desk struct {
	hub     *Hub
	running *sync.WaitGroup

	mu    sync.Mutex
	queue []*parked
	hands int
}

func newDesk(h *Hub, running *sync.WaitGroup) *desk { return &desk{hub: h, running: running} }

// ask queues a stream; what was learned comes back to its loop. Only loops call it.
func (d *desk) ask(ctx context.Context, p *parked) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, p)
	if d.hands < readsAtOnce {
		d.hands++
		d.running.Go(func() { d.work(ctx) })
	}
}

// next returns the next stream in the queue; nil ends the hand.
func (d *desk) next() *parked {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		d.hands--
		d.queue = nil
		return nil
	}
	p := d.queue[0]
	d.queue[0] = nil // or the list would hold it until it is a new one
	d.queue = d.queue[1:]
	return p
}

func (d *desk) work(ctx context.Context) {
	for p := d.next(); p != nil; p = d.next() {
		d.read(ctx, p)
	}
}

// read asks the store. Its failure is no reason to end the stream: the connection asks again later.
func (d *desk) read(ctx context.Context, p *parked) {
	h := d.hub
	answer := note{p: p, kind: learned}
	n, changes, err := h.fetch(ctx, &p.conn)
	if err == nil {
		answer.buffer = h.borrow()
		*answer.buffer = p.learn(h.now(), n, &changes, (*answer.buffer)[:0])
	} else {
		if ctx.Err() == nil && !p.dismissed() {
			h.cfg.Logger.WarnContext(ctx, "a stream waits for the store", "user", p.topic.user, "error", err)
		}
		p.stumble(h.now())
	}
	p.home.hand(answer, false)
}
