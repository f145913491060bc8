package stream

import (
	"bytes"
	"time"
)

// leavePatience is how long a stream that was told to end may keep its last frame from being written.
const leavePatience = time.Second

// A jam is what a socket did not take.
type jam struct {
	rest  []byte // a chunk at most, whatever else is due: a reader that stops costs no more
	since moment // when it last took something
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
	p.jam = &jam{bytes.Clone(b[n:]), now}
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
	if err := l.poll.change(int(p.fd), p.gen, 0); err != nil {
		l.finish(p)
		return false
	}
	return true
}

func (l *loop) send(p *parked, b []byte) (n int, ok bool) {
	n, err := send(int(p.fd), b)
	if err != nil {
		l.finish(p)
		return 0, false
	}
	l.hub.meters.writes.Add(1)
	l.hub.meters.bytes.Add(int64(n))
	return n, true
}

// block has the loop told when the socket takes more.
func (l *loop) block(p *parked, now moment) {
	if err := l.poll.change(int(p.fd), p.gen, writable); err != nil {
		l.finish(p)
		return
	}
	l.await(p, now)
}

// await gives up a stream whose socket has taken nothing for too long.
func (l *loop) await(p *parked, now moment) {
	patience := writeTimeout
	if p.dismissed() {
		patience = leavePatience
	}
	if giveUp := p.jam.since.add(patience); now < giveUp {
		l.wheel.set(p, giveUp)
		return
	}
	l.finish(p)
}
