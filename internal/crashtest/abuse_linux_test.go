package crashtest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// An assault is how much of everything strangers do at once.
type assault struct {
	streams  int           // of people who are at it meanwhile
	sends    int           // to all of them, one after the other, before the assault and during it
	pause    time.Duration // between two sends
	silent   int           // connections whose headers never end
	again    bool          // they come back
	guesses  int           // bad credentials; a second, when they come back
	memory   int           // KiB that the program may grow by
	slowdown float64       // how much slower the slowest sends may be; 0: it is told alone
}

// assaultOf is short, and claims only what must always hold, unless ABUSE=long asks for the figures.
func assaultOf(t *testing.T) assault {
	t.Helper()
	switch mode := os.Getenv("ABUSE"); mode {
	case "":
		return assault{streams: 8, sends: 60, silent: 300, guesses: 3000, memory: 64 << 10}
	case "long":
		return assault{
			streams: 20, sends: 1000, pause: 10 * time.Millisecond, silent: 2000, again: true, guesses: 10_000, memory: 192 << 10, slowdown: 3,
		}
	default:
		t.Fatalf("ABUSE=%s: it is long, or not set", mode)
		return assault{}
	}
}

// While strangers hold connections, guess credentials and send what is too large, too slow or compressed, all from one
// address, those who are at it notice nothing: each notification comes, in order; memory is bounded; and every abusive
// connection is ended.
func TestAbuse(t *testing.T) {
	a := assaultOf(t)
	settings := []string{"BELFRY_RATE_LIMITS=on", "BELFRY_BODY_TIMEOUT=2s"} // so that it is soon over
	if !a.again {
		settings = append(settings, "BELFRY_MAX_GUESTS_PER_ADDRESS=128", "BELFRY_HEADER_TIMEOUT=1s", "BELFRY_BODY_TIMEOUT=500ms")
	}
	p := serve(t, t.TempDir(), settings...)
	crowd := newAudience(t, p, a.streams)
	quiet := crowd.sends(t, p, a)
	before := p.kib(t, "VmRSS")

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ways := strangers(a)
	results := make([]string, len(ways))
	var begun, busy sync.WaitGroup
	for i, way := range ways {
		begun.Add(1)
		busy.Go(func() { results[i] = way(ctx, p, begun.Done) })
	}
	begun.Wait()
	loud := crowd.sends(t, p, a)
	if a.again {
		stop()
	}
	busy.Wait() // each way ends by itself, or is told to: what it holds was ended by the server
	for _, fault := range results {
		if fault != "" {
			t.Error(fault)
		}
	}
	peak := p.kib(t, "VmHWM")
	t.Logf("p99 of %d arrivals: %v quiet, %v under abuse; memory %d KiB quiet, %d KiB at most", len(quiet), p99(quiet), p99(loud), before, peak)
	if peak-before > a.memory {
		t.Errorf("the program grew by %d KiB, at most %d are to be expected", peak-before, a.memory)
	}
	if ratio := float64(p99(loud)) / float64(p99(quiet)); a.slowdown > 0 && ratio > a.slowdown {
		t.Errorf("under abuse the slowest are %.1f times as slow, at most %.0f are to be expected", ratio, a.slowdown)
	}
	_, metrics, err := p.call(t.Context(), http.MethodGet, "/metrics", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`belfry_limited_total{limit="failures"}`, `belfry_guests_evicted_total`} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` [1-9]`).Match(metrics) {
			t.Errorf("%s does not count: the abuse was none", name)
		}
	}
}

func p99(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*99/100]
}

// kib reads a number of the process from the kernel.
func (p *process) kib(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %s", name, text)
	}
	return must(strconv.Atoi(string(found[1])))
}
