package load

// A ledger says of each payload whether it came: once, in its turn. It is not safe for several goroutines at once, but for
// send, which each lane may call for itself.
type ledger struct {
	streams int
	shared  []uint32   // by lane: how much was sent to everyone
	sent    [][]uint32 // by lane and stream; nil for a lane that sends to everyone
	next    [][]uint32 // by lane and stream: what came in its turn, as a count
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
	l := &ledger{streams: streams, shared: make([]uint32, lanes), sent: make([][]uint32, lanes), next: make([][]uint32, lanes), gaps: map[turn]struct{}{}}
	for i := range lanes {
		l.next[i] = make([]uint32, streams)
		if i >= toAll {
			l.sent[i] = make([]uint32, streams)
		}
	}
	return l
}

// send returns the number of the next payload in a lane, for one stream or, in a lane for everyone, for all.
func (l *ledger) send(lane, stream int) uint32 {
	n := &l.shared[lane]
	if l.sent[lane] != nil {
		n = &l.sent[lane][stream]
	}
	*n++
	return *n
}

// farthest is how many may be missing between one payload and the next: more is a number that was not ours.
const farthest = 1 << 16

// came notes an arrival, and reports whether it was one that was due.
func (l *ledger) came(stream int, s stamp) bool {
	if s.lane >= len(l.next) || s.number == 0 {
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
	case s.number-*next > farthest:
		l.foreign++
		return false
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
			due += int64(l.shared[lane]) * int64(l.streams)
			continue
		}
		for _, n := range l.sent[lane] {
			due += int64(n)
		}
	}
	return due, due - came + int64(len(l.gaps))
}
