package limit

import (
	"sync"
	"time"
)

const (
	ways = 8       // slots of a set
	sets = 1 << 11 // with 24 bytes a slot and its share of the lock, a table has some 300 KiB
)

// A Table counts how often each of many keys did something, in a fixed memory: a token bucket for each key, kept as the
// one moment at which it is full again (the generic cell rate algorithm of ATM). A bucket that is full says nothing, so
// its place is free; when no place of a key's set is, the fullest of them is forgotten, which forgives its owner a
// little. A key is a hash: see [Limiter].
type Table struct {
	start time.Time     // times are counted from here, for a slot to be a number
	each  time.Duration // in which one comes back
	depth time.Duration // in which a whole burst does
	sets  [sets]set
}

type set struct {
	mu   sync.Mutex
	keys [ways]uint64
	full [ways]time.Duration // since start
}

// newTable returns nil for a rate that bounds nothing; a nil Table lets everything through.
func newTable(r Rate, now time.Time) *Table {
	if !r.bounded() {
		return nil
	}
	burst := r.Burst
	if burst == 0 {
		burst = r.Count
	}
	return &Table{start: now, each: r.each(), depth: r.each() * time.Duration(burst)}
}

// take takes one from the key's bucket. When there is none, it takes nothing and returns how long until there is.
func (t *Table) take(key uint64, now time.Time) time.Duration { return t.ask(key, now, true) }

// wait returns how long until the key's bucket holds one; 0: it does.
func (t *Table) wait(key uint64, now time.Time) time.Duration { return t.ask(key, now, false) }

func (t *Table) ask(key uint64, now time.Time, take bool) time.Duration {
	if t == nil {
		return 0
	}
	at := now.Sub(t.start)
	s := &t.sets[key%sets]
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.slot(key)
	full := at
	if s.keys[i] == key {
		full = max(full, s.full[i])
	}
	full += t.each
	if wait := full - at - t.depth; wait > 0 {
		return wait
	}
	if take {
		s.keys[i], s.full[i] = key, full
	}
	return 0
}

// touch notes that a key is there now, and seen whether it was within the time in which one comes back: a memory of keys
// instead of a count.
func (t *Table) touch(key uint64, now time.Time) {
	s := &t.sets[key%sets]
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.slot(key)
	s.keys[i], s.full[i] = key, now.Sub(t.start)+t.each
}

// forget frees the key's place.
func (t *Table) forget(key uint64) {
	s := &t.sets[key%sets]
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.slot(key); s.keys[i] == key {
		s.keys[i], s.full[i] = 0, 0
	}
}

func (t *Table) seen(key uint64, now time.Time) bool {
	s := &t.sets[key%sets]
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.slot(key)
	return s.keys[i] == key && s.full[i] > now.Sub(t.start)
}

// slot returns the key's place, or the one that is lost least by.
func (s *set) slot(key uint64) int {
	least := 0
	for i := range ways {
		if s.keys[i] == key {
			return i
		}
		if s.full[i] < s.full[least] {
			least = i
		}
	}
	return least
}
