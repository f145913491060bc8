package stream

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/belfryhq/belfry/internal/socket"
)

// A loop writes its share of the parked streams, in one goroutine. Whoever has something for it leaves a note and rings.
type loop struct {
	hub  *Hub
	desk *desk
	poll *poller
	bell chan struct{}

	mu    sync.Mutex
	notes []note
	ready []*parked   // woken
	all   bool        // everyone is
	over  bool        // it takes nothing any more
	later *time.Timer // rings for notes that have time; nil: there were none yet

	// Of the goroutine alone.
	ctx     context.Context //nolint:containedctx // the goroutine's own, from run
	streams []*parked       // by descriptor
	wheel   wheel
	walk    walk // over streams, after a broadcast
	gen     int32
	buffer  []byte

	spareNotes []note // taken turns with notes and ready
	spareReady []*parked
}

// A note is what happened to a stream outside of the loop.
type note struct {
	p      *parked
	kind   noteKind
	fd     int     // of arrived
	gen    int32   // of an event, with fd
	events uint32  // of an event
	buffer *[]byte // what is to be written first, borrowed; nil: nothing
}

type noteKind uint8

const (
	arrived noteKind = iota // a new stream
	learned                 // the store has answered
	event                   // of the poller
)

const (
	walkPiece = 64 // streams served on a walk over all before others have their turn: half a millisecond's worth
	turns     = 4  // steps that one stream takes before others have theirs

	// laterPause is how long a new stream may be without the loop: so much later is its peer's leaving seen, and nothing else.
	laterPause = 10 * time.Millisecond
)

func newLoop(h *Hub, d *desk) (*loop, error) {
	poll, err := newPoller()
	return &loop{hub: h, desk: d, poll: poll, bell: make(chan struct{}, 1)}, err
}

func (l *loop) wake(p *parked) {
	l.mu.Lock()
	first := !p.queued
	if first {
		p.queued = true
		l.ready = append(l.ready, p)
	}
	l.mu.Unlock()
	if first {
		signal(l.bell)
	}
}

func (l *loop) wakeAll() {
	l.mu.Lock()
	l.all = true
	l.mu.Unlock()
	signal(l.bell)
}

// hand leaves a note, or reports that the loop has ended and will not read it. One that has time is read with the next that has
// none, or after laterPause.
func (l *loop) hand(n note, hasTime bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	l.notes = append(l.notes, n)
	switch {
	case !hasTime:
		signal(l.bell)
	case l.later == nil:
		l.later = time.AfterFunc(laterPause, func() { signal(l.bell) })
	case len(l.notes) == 1:
		l.later.Reset(laterPause)
	}
	return true
}

// welcome writes a new stream's first bytes, while its socket is nobody else's, and leaves it to the loop. One that took them
// all and has no more to do now has time: in a storm, the loop takes in many at once. Whoever wakes the stream before brings
// it in, too. It reports whether the stream goes on; buffer is given back.
func (l *loop) welcome(p *parked, fd int, buffer *[]byte, calm bool) bool {
	n, err := l.hub.send(fd, *buffer)
	arrival := note{p: p, kind: arrived, fd: fd}
	if err == nil && n < len(*buffer) {
		*buffer = append((*buffer)[:0], (*buffer)[n:]...)
		arrival.buffer = buffer
	} else {
		l.hub.giveBack(buffer)
	}
	return err == nil && l.hand(arrival, calm && arrival.buffer == nil)
}

// listen hands in what the poller sees, until the poller is closed.
func (l *loop) listen() {
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := l.poll.wait(events)
		if err != nil {
			return
		}
		l.mu.Lock()
		for _, e := range events[:n] {
			l.notes = append(l.notes, note{kind: event, fd: int(e.Fd), gen: e.Pad, events: e.Events})
		}
		l.mu.Unlock()
		signal(l.bell)
	}
}

// run serves until ctx is done.
func (l *loop) run(ctx context.Context) {
	l.ctx = ctx
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		if l.turn() {
			continue
		}
		wait := time.Hour
		if next, ok := l.wheel.next(); ok {
			wait = max(next.since(l.hub.now()), 0)
		}
		timer.Reset(wait)
		select {
		case <-l.bell:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	l.abandon()
}

// turn does what is to be done now, and reports whether there is more.
func (l *loop) turn() bool {
	notes, ready := l.take()
	now := l.hub.now()
	for p := l.wheel.take(now); p != nil; p = l.wheel.take(now) { // first: what is set below is set from now on
		l.serve(p, now)
	}
	for i := range notes {
		l.read(&notes[i], now)
	}
	for _, p := range ready {
		l.serve(p, now)
	}
	l.spareNotes, l.spareReady = recycle(notes), recycle(ready)
	for range walkPiece {
		i, ok := l.walk.next(len(l.streams))
		if !ok {
			return false
		}
		if p := l.streams[i]; p != nil {
			l.serve(p, now)
		}
	}
	return true
}

// take takes what was left for the loop.
func (l *loop) take() ([]note, []*parked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	notes, ready := l.notes, l.ready
	l.notes, l.ready = l.spareNotes, l.spareReady
	for _, p := range ready {
		p.queued = false
	}
	if l.all {
		l.all = false
		l.walk.begin(len(l.streams))
	}
	return notes, ready
}

// recycle empties a list for its next use; one that a storm has made large is not kept.
func recycle[T any](list []T) []T {
	const most = 4096
	if cap(list) > most {
		return nil
	}
	clear(list)
	return list[:0]
}

func (l *loop) read(n *note, now moment) {
	p := n.p
	switch n.kind {
	case event:
		if n.fd >= len(l.streams) || l.streams[n.fd] == nil || l.streams[n.fd].gen != n.gen {
			return // of a descriptor's earlier owner
		}
		p = l.streams[n.fd]
		if n.events&peerLeft != 0 {
			l.finish(p)
			return
		}
	case arrived:
		if !l.adopt(p, n.fd) {
			l.hub.giveBack(n.buffer)
			return
		}
	case learned:
		p.asking = false
	}
	if n.buffer != nil {
		if p.fd >= 0 && len(*n.buffer) > 0 {
			l.write(p, *n.buffer, now)
		}
		l.hub.giveBack(n.buffer)
	}
	l.serve(p, now)
}

// adopt takes in a new stream.
func (l *loop) adopt(p *parked, fd int) bool {
	l.gen++
	p.fd, p.gen = int32(fd), l.gen
	for fd >= len(l.streams) {
		l.streams = append(l.streams, nil)
		l.walk.grow()
	}
	l.streams[fd] = p
	if err := l.poll.add(fd, p.gen); err != nil {
		l.hub.cfg.Logger.ErrorContext(l.ctx, "a stream cannot be watched", "error", err)
		l.finish(p)
		return false
	}
	return true
}

// serve gives a stream its steps.
func (l *loop) serve(p *parked, now moment) {
	for range turns {
		if p.fd < 0 || p.asking || p.jam != nil && !l.flush(p, now) {
			return
		}
		b, st := p.step(now, l.buffer[:0])
		if cap(b) <= bufferMax {
			l.buffer = b
		}
		if len(b) > 0 && !l.write(p, b, now) {
			return
		}
		switch st.do {
		case end:
			l.finish(p)
			return
		case read:
			p.asking = true
			l.desk.ask(l.ctx, p)
			return
		case park:
			l.wheel.set(p, st.until)
			return
		case next:
		}
	}
	l.wake(p)
}

// finish forgets a stream and closes its socket, in this order: a client that sees its end and comes back at once must not
// find itself in its own way, when it may have only so many.
func (l *loop) finish(p *parked) {
	if p.fd < 0 {
		return
	}
	l.wheel.stop(p)
	l.streams[p.fd] = nil
	fd := int(p.fd)
	p.fd = -1
	if p.jam != nil {
		p.jam = nil
		l.hub.meters.jammed.Add(-1)
	}
	l.hub.meters.parked.Add(-1)
	l.hub.leave(&p.conn)
	socket.HangUp(fd)
}

// turnAway is finish for a stream that has not come in.
func (l *loop) turnAway(p *parked, fd int) {
	l.hub.meters.parked.Add(-1)
	socket.HangUp(fd)
	l.hub.leave(&p.conn)
}

// abandon ends all streams that are left, when the hub could not wait for them.
func (l *loop) abandon() {
	_ = l.poll.close() // ends listen
	l.mu.Lock()
	l.over = true
	if l.later != nil {
		l.later.Stop()
	}
	l.mu.Unlock()
	notes, _ := l.take()
	for i := range notes {
		if n := &notes[i]; n.kind == arrived {
			l.turnAway(n.p, n.fd)
		}
	}
	for _, p := range l.streams {
		if p != nil {
			l.finish(p)
		}
	}
}
