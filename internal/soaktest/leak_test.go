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
type usage struct{ descriptors, goroutines int }

// look looks until enough holds, at most for so long, and returns the least that it saw: what is being closed takes a moment.
func look(enough func(usage) bool, limit time.Duration) usage {
	least := usage{1 << 30, 1 << 30}
	poll(context.Background(), limit, func() []string {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return []string{err.Error()}
		}
		least = usage{min(least.descriptors, len(open)), min(least.goroutines, runtime.NumGoroutine())}
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

// take looks at the heap twenty times.
func (s *samples) take(ctx context.Context, length time.Duration) {
	tick := time.NewTicker(length / 21)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.mu.Lock()
		s.all = append(s.all, m.HeapAlloc)
		s.mu.Unlock()
	}
}

// heapNoise is how much the heap may differ by what happens to be under way: as many bytes, and a twentieth of it.
const heapNoise = 4 << 20

// judge compares the last quarter with the second: in the first the devices come.
func (s *samples) judge(f *faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	quarter := len(s.all) / 4
	if quarter == 0 {
		f.add("the heap was never looked at")
		return
	}
	from, to := middle(s.all[quarter:2*quarter]), middle(s.all[len(s.all)-quarter:])
	if to > from+from/20+heapNoise {
		f.add("the heap grew from %d to %d bytes: %s", from, to, s.words())
	}
}

func middle(all []uint64) uint64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
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
