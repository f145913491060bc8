package deliver

import (
	"maps"
	"time"

	"github.com/belfryhq/belfry"
)

// Stats are a Worker's numbers since its start.
type Stats struct {
	Settled  map[Settled]int64      // ends of claims
	Faults   map[belfry.Fault]int64 // attempts that failed, by whose fault it was
	Claimed  int64                  // mails claimed
	Errors   int64                  // calls of the outbox that failed
	UnderWay int                    // mails being carried now
	Waiting  time.Duration          // how long the mail that is due longest has waited, as of the last look; 0: none is due
}

// Settled is how a claim ended.
type Settled struct {
	State belfry.DeliveryState
	Class belfry.MailClass
}

type counters struct {
	Stats
	due time.Time // when the earliest mail is due that was not claimed; zero: none is known
}

func newCounters() counters {
	return counters{Stats: Stats{Settled: make(map[Settled]int64), Faults: make(map[belfry.Fault]int64)}}
}

// Stats returns the numbers of now.
func (w *Worker) Stats() Stats {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.counters.Stats
	s.Settled, s.Faults = maps.Clone(s.Settled), maps.Clone(s.Faults)
	for _, n := range w.flying {
		s.UnderWay += n
	}
	if due := w.counters.due; !due.IsZero() && due.Before(now) {
		s.Waiting = now.Sub(due)
	}
	return s
}

// count changes the numbers.
func (w *Worker) count(change func(*counters)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.counters)
}
