package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// answers remembers what the back end said, by the hash of what it was shown.
type answers struct {
	hold time.Duration
	now  func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]kept
}

type kept struct {
	reply
	until time.Time
}

func newAnswers(hold time.Duration, now func() time.Time) *answers {
	return &answers{hold: hold, now: now, known: map[[sha256.Size]byte]kept{}}
}

func (a *answers) get(hash [sha256.Size]byte) (reply, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.known[hash]
	left := k.until.Sub(a.now())
	// One that would hold for longer than it may is of a clock that was set back.
	return k.reply, ok && left > 0 && left <= a.hold
}

func (a *answers) put(hash [sha256.Size]byte, r reply) {
	hold := a.hold
	if r.user == "" {
		hold = min(hold, refusedHold)
	}
	if hold <= 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if len(a.known) >= keptAnswers {
		a.makeRoom(now)
	}
	a.known[hash] = kept{r, now.Add(hold)}
}

// makeRoom drops what holds no more, and at least a tenth: so it is not done for each answer.
func (a *answers) makeRoom(now time.Time) {
	for hash, k := range a.known {
		if !k.until.After(now) {
			delete(a.known, hash)
		}
	}
	for hash := range a.known {
		if len(a.known) <= keptAnswers*9/10 {
			return
		}
		delete(a.known, hash)
	}
}

// forget drops everything.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.known)
}

func (a *answers) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.known)
}
