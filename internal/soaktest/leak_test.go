package soaktest_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A usage is what the process holds.
type usage struct {
	descriptors, goroutines int
	heap                    uint64 // bytes that are reachable
}

// look looks until enough holds, at most for so long, and returns the least that it saw: what is being closed takes a moment.
func look(enough func(usage) bool, limit time.Duration) usage {
	least := usage{1 << 30, 1 << 30, 1 << 60}
	poll(context.Background(), limit, func() []string {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return []string{err.Error()}
		}
		least = usage{min(least.descriptors, len(open)), min(least.goroutines, runtime.NumGoroutine()), min(least.heap, reachable())}
		if enough(least) {
			return nil
		}
		return []string{"more"}
	})
	return least
}

// counted compares what is held with what was held before anybody came.
func (w *world) counted(before usage) {
	limit := patience
	if w.wrap != nil { // what stays is to be found
		limit = w.short(limit)
	}
	after := look(func(u usage) bool { return u.descriptors <= before.descriptors && u.goroutines <= before.goroutines }, limit)
	if after.heap > before.heap+w.noise() {
		w.faults.add("the heap grew from %d bytes before anybody came to %d after all have left", before.heap, after.heap)
	}
	if n := after.descriptors - before.descriptors; n > 0 {
		w.faults.add("%d descriptors more than before", n)
	}
	if n := after.goroutines - before.goroutines; n > 0 {
		w.faults.add("%d goroutines more than before", n)
	}
}

// samples are how large the heap was, after a collection, over time.
type samples struct {
	mu  sync.Mutex
	all []uint64
}

// reachable is the size of the heap after a collection.
func reachable() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// take looks at the heap twenty times in a length, until ctx ends.
func (s *samples) take(ctx context.Context, length time.Duration) {
	tick := time.NewTicker(length / 21)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		n := reachable()
		s.mu.Lock()
		s.all = append(s.all, n)
		s.mu.Unlock()
	}
}

const (
	heapNoise = 4 << 20 // bytes that the heap may differ by what happens to be under way
	heapEach  = 4 << 10 // and for each device: what is kept for one that stalls, or has just left (topics linger for two minutes)
)

func (w *world) noise() uint64 { return heapNoise + heapEach*uint64(len(w.devices)) }

// judge compares the least of the last quarter with the least of the second: in the first the devices come, and what is under way at
// one look is gone at another, while what leaks stays.
func (s *samples) judge(f *faults, noise uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	quarter := len(s.all) / 4
	if quarter == 0 {
		f.add("the heap was never looked at")
		return
	}
	from, to := slices.Min(s.all[quarter:2*quarter]), slices.Min(s.all[len(s.all)-quarter:])
	if to > from+noise {
		f.add("the heap grew from %d to %d bytes: %s", from, to, s.words())
	}
}

// String lists the samples in MiB.
func (s *samples) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.words()
}

func (s *samples) words() string {
	var words []string
	for _, n := range s.all {
		words = append(words, fmt.Sprintf("%.1f", float64(n)/(1<<20)))
	}
	return strings.Join(words, " ")
}
