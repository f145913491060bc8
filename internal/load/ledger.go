package load

import "sync/atomic"

// A ledger says of each payload whether it came: once, in its turn. Each lane may call send for itself; the rest is not safe for
// several goroutines at once.
type ledger struct {
	streams int
	shared  []atomic.Uint32   // by lane: how much was sent to everyone
	sent    [][]atomic.Uint32 // by lane and stream; nil for a lane that sends to everyone
	next    [][]uint32        // by lane and stream: the number that came last
	gaps    map[turn]struct{}

	doubled, disordered, foreign int64
}

// A turn is one payload for one stream.
type turn struct {
	lane, stream int
	number       uint32
}

// newLedger has room for lanes that send to everyone, which come first, and for lanes that send to one stream at a time.
func newLedger(streams, toAll, toOne int) *ledger {
	lanes := toAll + toOne
	l := &ledger{streams: streams, shared: make([]atomic.Uint32, lanes), sent: make([][]atomic.Uint32, lanes), next: make([][]uint32, lanes), gaps: map[turn]struct{}{}}
	for i := range lanes {
		l.next[i] = make([]uint32, streams)
		if i >= toAll {
			l.sent[i] = make([]atomic.Uint32, streams)
		}
	}
	return l
}

// send returns the number of the next payload in a lane, for one stream or, in a lane for everyone, for all.
func (l *ledger) send(lane, stream int) uint32 { return l.counter(lane, stream).Add(1) }

func (l *ledger) counter(lane, stream int) *atomic.Uint32 {
	if l.sent[lane] != nil {
		return &l.sent[lane][stream]
	}
	return &l.shared[lane]
}

// came notes an arrival, and reports whether it was one that was due.
func (l *ledger) came(stream int, s stamp) bool {
	if s.lane >= len(l.next) || s.number == 0 || s.number > l.counter(s.lane, stream).Load() {
		l.foreign++
		return false
	}
	next := &l.next[s.lane][stream]
	switch t := (turn{s.lane, stream, s.number}); {
	case s.number == *next+1:
		*next++
	case s.number <= *next:
		if _, missing := l.gaps[t]; !missing {
			l.doubled++
			return false
		}
		delete(l.gaps, t)
		l.disordered++
	default:
		for n := *next + 1; n < s.number; n++ {
			l.gaps[turn{s.lane, stream, n}] = struct{}{}
		}
		*next = s.number
	}
	return true
}

// sums returns how many deliveries were due, and how many of them have not come.
func (l *ledger) sums() (due, missing int64) {
	var came int64
	for lane, next := range l.next {
		for _, n := range next {
			came += int64(n)
		}
		if l.sent[lane] == nil {
			due += int64(l.shared[lane].Load()) * int64(l.streams)
			continue
		}
		for i := range l.sent[lane] {
			due += int64(l.sent[lane][i].Load())
		}
	}
	return due, due - came + int64(len(l.gaps))
}
