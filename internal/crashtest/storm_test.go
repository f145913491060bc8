package crashtest_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
)

// What a stream is told to wait at least, and the window that it is spread over: a millisecond for each stream that is open, and a
// second at least.
const (
	leastRetry  = 2 * time.Second
	leastWindow = time.Second
)

func window(streams int) time.Duration {
	return max(time.Duration(streams)*time.Millisecond, leastWindow)
}

// A storm is many people with a stream each, who lose it at the same moment.
type storm struct {
	devices []*stormer

	crowd
	told    []time.Duration // at the connects since the last look
	drained []time.Duration // by closes
	waits   []time.Duration // from a send to its arrival, of those who were there, since the last look
}

// TestStorm loses all streams at once, twice: by kill -9, and by SIGTERM, at which every stream must be told, and the process
// gone, in ten seconds. They come back over the window that the server chose, each where it was, and who listens already is served
// meanwhile. STORM_STREAMS says how many; 18,000 want 20,000 open files in this process, and no -race, which takes 8,128 goroutines.
func TestStorm(t *testing.T) {
	t.Parallel()
	n := int(setting(t, "STORM_STREAMS", 2000))
	dir, address := t.TempDir(), "BELFRY_ADDR="+proctest.FreeAddress(t)
	p := serve(t, dir, address)
	ctx, cancel := context.WithCancel(t.Context())
	s := newStorm(n, p)
	var living sync.WaitGroup
	defer living.Wait()
	defer cancel()
	gate := make(chan struct{}, 32) // the first time they come one after the other
	for _, d := range s.devices {
		living.Go(func() { d.live(ctx, gate) })
	}
	s.await(t, "all are there", func() bool { return s.up == n })
	s.spread(t, "told at the connect", s.take(), n)
	sent := s.broadcast(ctx, t, p, 0, 2)
	s.await(t, "all have everything", func() bool { return s.have(sent) })
	s.served(t, "before the storm")

	p.kill(t)
	s.await(t, "all have lost it", func() bool { return s.up == 0 })
	p = serve(t, dir, address)
	sent = s.comeBack(ctx, t, p, sent)
	s.spread(t, "told at the connect after the crash", s.take(), n)

	began := time.Now()
	p.Signal(t, syscall.SIGTERM)
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit status: got %d, want 0\n%s", code, p.Output)
	}
	took := time.Since(began)
	if took > 10*time.Second {
		t.Errorf("with %d streams it took %v to end", n, took)
	}
	s.await(t, "all were told to come back", func() bool { return s.up == 0 && len(s.drained) == n })
	busiest := s.spread(t, "told by the close", s.drained, n)
	// The window is that of all who are told, though it takes a while to tell them: a thousand a second, and six deviations that are left
	// to chance.
	const densest = 100
	if float64(busiest) > densest+6*math.Sqrt(densest) {
		t.Errorf("of %d streams %d were told the same tenth of a second", n, busiest)
	}
	p = serve(t, dir, address)
	sent = s.comeBack(ctx, t, p, sent)
	for _, d := range s.devices {
		if got := d.got.Load(); got != int64(sent) {
			t.Errorf("%s: %d of %d came", d.id, got, sent)
		}
	}
	for _, f := range s.faults[:min(len(s.faults), 20)] {
		t.Error(f)
	}
	t.Logf("%d streams; SIGTERM took %v; the busiest tenth of a second was told to %d", n, took, busiest)
}

func newStorm(n int, p *process) *storm {
	s := new(storm)
	for i := range n {
		line := lifeline{person: newPerson(fmt.Sprint("storm ", i)), crowd: &s.crowd}
		s.devices = append(s.devices, &stormer{storm: s, lifeline: line, address: p.base[len("http://"):]})
	}
	return s
}

// comeBack sends while the streams come back, and waits until all are there and have all of it.
func (s *storm) comeBack(ctx context.Context, t *testing.T, p *process, sent int) int {
	t.Helper()
	for came, end := 0, time.Now().Add(2*patience); came < len(s.devices); {
		sent = s.broadcast(ctx, t, p, sent, 1)
		s.mu.Lock()
		came = s.up
		s.mu.Unlock()
		if time.Now().After(end) {
			t.Fatalf("of %d streams %d came back in %v", len(s.devices), came, 2*patience)
		}
	}
	sent = s.broadcast(ctx, t, p, sent, 1)
	s.await(t, "all have everything", func() bool { return s.have(sent) })
	s.served(t, "while they came back")
	return sent
}

// have reports whether everyone has everything.
func (s *storm) have(sent int) bool {
	return !slices.ContainsFunc(s.devices, func(d *stormer) bool { return d.got.Load() < int64(sent) })
}

// served says how long those who were there waited since the last look, and that nobody starved.
func (s *storm) served(t *testing.T, when string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	slowest := slices.Max(s.waits)
	t.Logf("%s: who was there waited %v at the median, %v at the 99th percentile of %d, %v at most",
		when, percentile(s.waits, 50), percentile(s.waits, 99), len(s.waits), slowest)
	if slowest > patience/2 { // most of it is this process, under the race detector; more is somebody who starved
		t.Errorf("%s: who listened waited %v", when, slowest)
	}
	s.waits = nil
}

func percentile(all []time.Duration, n int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*n/100]
}

// broadcast sends the next numbers to everyone, and returns the last. This process has to hear each thousands of times, beside the
// program on the same machine: it takes ten thousand a second without falling behind, and what is measured is the program.
func (s *storm) broadcast(ctx context.Context, t *testing.T, p *process, last, n int) int {
	t.Helper()
	tick := time.NewTicker(max(500*time.Millisecond, time.Duration(len(s.devices))*100*time.Microsecond))
	defer tick.Stop()
	for range n {
		last++
		body := fmt.Appendf(nil, `{"to":{"all":true},"category":"storm.test","title":"%d","data":{"at":%d}}`, last, time.Now().UnixNano())
		if status, text, err := p.call(ctx, http.MethodPost, sendPath, apiKey, body); err != nil || status != http.StatusCreated {
			t.Fatalf("broadcast %d: %d %s %v\n%s", last, status, text, err, p.Output)
		}
		<-tick.C
	}
	return last
}

// await waits until something holds, which is asked under the lock.
func (s *storm) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(10*time.Millisecond), time.After(2*patience)
	defer tick.Stop()
	for {
		s.mu.Lock()
		ok, up := holds(), s.up
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not in %v; %d are up", what, 2*patience, up)
		}
	}
}

// take returns what was told at connects since the last time.
func (s *storm) take() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told = nil
	return told
}

// spread checks that what was told lies in the window and does not pile up, and returns how many were told the busiest tenth of
// a second.
func (s *storm) spread(t *testing.T, what string, told []time.Duration, n int) int {
	t.Helper()
	tenths := map[time.Duration]int{}
	for _, d := range told {
		if d < leastRetry || d > leastRetry+window(n) {
			t.Errorf("%s: to wait %v; want from %v to %v", what, d, leastRetry, leastRetry+window(n))
			break
		}
		tenths[d/(100*time.Millisecond)]++
	}
	busiest := 0
	for _, k := range tenths {
		busiest = max(busiest, k)
	}
	// The first to come were told a narrow window, for there were few: even of a hundred, no tenth of a second gets a third.
	if len(told) < n || busiest > n/3 {
		t.Errorf("%s: %d of %d streams; the busiest tenth of a second has %d", what, len(told), n, busiest)
	}
	return busiest
}
