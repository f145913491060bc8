package stream

import "bytes"

// A jam is what a socket did not take.
type jam struct {
	rest  []byte // a chunk at most, whatever else is due: a reader that stops costs no more
	since moment // when it last took something
	leave moment // when the stream is over in any case, once it was told to end; 0: it was not
}

// write writes what the socket takes and keeps the rest. It reports whether all is written.
func (l *loop) write(p *parked, b []byte, now moment) bool {
	if p.jam != nil {
		p.jam.rest = append(p.jam.rest, b...)
		return l.flush(p, now)
	}
	n, ok := l.send(p, b)
	if !ok {
		return false
	}
	if n == len(b) {
		return true
	}
	p.jam = &jam{rest: bytes.Clone(b[n:]), since: now}
	l.hub.meters.jammed.Add(1)
	l.block(p, now)
	return false
}

// flush writes the rest, and reports whether all is written.
func (l *loop) flush(p *parked, now moment) bool {
	n, ok := l.send(p, p.jam.rest)
	if !ok {
		return false
	}
	if n < len(p.jam.rest) {
		if n > 0 {
			p.jam.rest, p.jam.since = p.jam.rest[n:], now
		}
		l.await(p, now)
		return false
	}
	p.jam = nil
	l.hub.meters.jammed.Add(-1)
	if err := l.poll.change(int(p.fd), p.gen, 0); err != nil {
		l.finish(p)
		return false
	}
	return true
}

func (l *loop) send(p *parked, b []byte) (n int, ok bool) {
	n, err := l.hub.send(int(p.fd), b)
	if err != nil {
		l.finish(p)
		return 0, false
	}
	return n, true
}

// send writes what the socket takes now, and counts it.
func (h *Hub) send(fd int, b []byte) (n int, err error) {
	if n, err = send(fd, b); err == nil {
		h.meters.writes.Add(1)
		h.meters.bytes.Add(int64(n))
	}
	return n, err
}

// block has the loop told when the socket takes more.
func (l *loop) block(p *parked, now moment) {
	if err := l.poll.change(int(p.fd), p.gen, writable); err != nil {
		l.finish(p)
		return
	}
	l.await(p, now)
}

// await gives up a stream whose socket has taken nothing for too long, or not enough since it was told to end: one that
// takes a byte now and then must not hold back the end of the process.
func (l *loop) await(p *parked, now moment) {
	giveUp := p.jam.since.add(l.hub.patience.write)
	if p.dismissed() {
		if p.jam.leave == 0 {
			p.jam.leave = now.add(l.hub.patience.leave)
		}
		giveUp = min(giveUp, p.jam.leave)
	}
	if now < giveUp {
		l.wheel.set(p, giveUp)
		return
	}
	l.finish(p)
}
