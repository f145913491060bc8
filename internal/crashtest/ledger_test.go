package crashtest_test

import (
	"maps"
	"slices"
	"sync"
)

// A progress says how far a change came that somebody asked for.
type progress uint8

const (
	never progress = iota
	asked          // no answer came: it may have happened or not
	done           // the answer was a 2xx: it happened
)

// A promise is one send, and what the server said to it.
type promise struct {
	title     string   // names it: no two sends share one
	users     []string // nil: everyone
	body      []byte
	key       string            // the Idempotency-Key, if any
	start     int64             // the tick before it was sent
	ack       int64             // the tick after the 2xx; 0: none came
	id        string            // as answered
	ids       map[string]string // each person's own
	retracted progress
}

func (p *promise) acked() bool { return p.ack > 0 }

func (p *promise) isFor(user string) bool { return p.users == nil || slices.Contains(p.users, user) }

// A mark names what one person did to one notification.
type mark struct{ user, id, state string }

// A sweep is what is known of how one person marked everything as read.
type sweep struct {
	asked bool
	done  int64 // the tick before the last one that was answered
}

// A ledger holds everything that was asked for and everything that was promised.
type ledger struct {
	mu       sync.Mutex
	tick     int64
	acks     int64 // answers with a 2xx
	promises map[string]*promise
	marks    map[mark]progress
	sweeps   map[string]sweep
	heard    chan struct{} // has a value when acks grew since it was taken
}

func newLedger() *ledger {
	return &ledger{
		promises: map[string]*promise{}, marks: map[mark]progress{}, sweeps: map[string]sweep{}, heard: make(chan struct{}, 1),
	}
}

// begin notes a send before it is made.
func (l *ledger) begin(p *promise) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	p.start = l.tick
	l.promises[p.title] = p
}

// keep notes the 2xx to a send.
func (l *ledger) keep(p *promise, a accepted) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	p.ack, p.id, p.ids = l.tick, a.ID, map[string]string{}
	for _, n := range a.Notifications {
		p.ids[n.User] = n.ID
	}
	l.count()
}

// answered counts an answer of which nothing else is noted.
func (l *ledger) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count()
}

func (l *ledger) count() {
	l.acks++
	select {
	case l.heard <- struct{}{}:
	default:
	}
}

func (l *ledger) total() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

func (l *ledger) mark(m mark, p progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Whatever was answered once stays answered.
	l.marks[m] = max(l.marks[m], p)
	if p == done {
		l.count()
	}
}

// beginSweep returns the tick to end it with.
func (l *ledger) beginSweep(user string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	l.sweeps[user] = sweep{true, l.sweeps[user].done}
	return l.tick
}

func (l *ledger) endSweep(user string, began int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweeps[user] = sweep{true, max(began, l.sweeps[user].done)}
	l.count()
}

func (l *ledger) retract(p *promise, to progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.retracted = max(p.retracted, to)
	if to == done {
		l.count()
	}
}

// pick returns an acknowledged, unretracted promise chosen by n, nil while there is none.
func (l *ledger) pick(n uint64) *promise {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []*promise
	for _, title := range slices.Sorted(maps.Keys(l.promises)) {
		if p := l.promises[title]; p.acked() && p.retracted == never {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[n%uint64(len(some))]
}

// open returns the sends without an answer that have an Idempotency-Key.
func (l *ledger) open() []*promise {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []*promise
	for _, title := range slices.Sorted(maps.Keys(l.promises)) {
		if p := l.promises[title]; !p.acked() && p.key != "" {
			some = append(some, p)
		}
	}
	return some
}

// counts says how many sends were made, and how many of them were answered.
func (l *ledger) counts() (sends, acked int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.promises {
		sends++
		if p.acked() {
			acked++
		}
	}
	return sends, acked
}
