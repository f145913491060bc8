package crashtest_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// While strangers hold connections, guess credentials and send what is too large, too slow or compressed, all from one
// address, those who are at it notice nothing: each notification comes, in order; memory is bounded; and every abusive
// connection is ended.
func TestAbuse(t *testing.T) {
	a, err := assaultOf(os.Getenv("ABUSE"))
	if err != nil {
		t.Fatal(err)
	}
	settings := []string{"BELFRY_RATE_LIMITS=on", "BELFRY_BODY_TIMEOUT=2s"} // so that it is soon over
	if !a.again {
		settings = append(settings, "BELFRY_MAX_GUESTS_PER_ADDRESS=128", "BELFRY_HEADER_TIMEOUT=1s", "BELFRY_BODY_TIMEOUT=500ms")
	}
	p := serve(t, t.TempDir(), settings...)
	crowd := newAudience(t, p, a.streams)
	quiet := crowd.sends(t, p, a)
	before := p.kib(t, "VmRSS")

	abuse := startStrangers(t, p)
	loud := crowd.sends(t, p, a)
	for _, fault := range abuse.end(t) {
		t.Error(fault)
	}
	peak := p.kib(t, "VmHWM")
	t.Logf("p99 of %d arrivals: %v quiet, %v under abuse; memory %d KiB quiet, %d KiB at most", len(quiet), percentile(quiet, 99), percentile(loud, 99), before, peak)
	if peak-before > a.memory {
		t.Errorf("the program grew by %d KiB, at most %d are to be expected", peak-before, a.memory)
	}
	if ratio := float64(percentile(loud, 99)) / float64(percentile(quiet, 99)); a.slowdown > 0 && ratio > a.slowdown {
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

// kib reads a number of the process from the kernel.
func (p *process) kib(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %s", name, text)
	}
	return must(strconv.Atoi(string(found[1])))
}
