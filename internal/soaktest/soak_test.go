package soaktest_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry/internal/sse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSoak(t *testing.T) {
	p := plan{
		streams: int(setting(t, "SOAK_STREAMS", 500)), writers: 4, length: 20 * time.Second, seed: uint64(setting(t, "SOAK_SEED", int64(rand.Uint32()))),
	}
	if s := os.Getenv("SOAK_TIME"); s != "" {
		var err error
		if p.length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SOAK_STREAMS=%d SOAK_TIME=%v SOAK_SEED=%d", p.streams, p.length, p.seed)
	w := soak(t, p)
	for _, f := range w.faults.first(20) {
		t.Error(f)
	}
	t.Logf("%d sent, %d changes of state, %d deliveries; %d streams opened, %d resumed, %d stalls; heap in MiB: %s",
		w.sent.Load(), w.changes.Load(), w.events.Load(), w.opened.Load(), w.resumed.Load(), w.stalls.Load(), &w.heap)
	if !w.busy() {
		t.Error("the run was too quiet to show anything")
	}
}

// Each fault is made by hand, once or for one device, and must be found.
func TestSoakFindsFaults(t *testing.T) {
	var kept *sse.Event
	for _, c := range []struct {
		name   string
		mangle func(sse.Event) []sse.Event
		wrap   func(http.Handler) http.Handler
		want   string
	}{
		{name: "nothing"},
		{name: "lost", want: "came after", mangle: on(7, func(sse.Event) []sse.Event { return nil })},
		{name: "doubled", want: "came after", mangle: on(7, func(e sse.Event) []sse.Event { return []sse.Event{e, e} })},
		{name: "out of order", want: "came after", mangle: func(e sse.Event) []sse.Event {
			switch {
			case kept != nil && strings.Contains(e.Data, `"title":"to one `):
				first := *kept
				kept = nil
				return []sse.Event{e, first}
			case strings.Contains(e.Data, `"title":"to one 5"`):
				kept = &e
				return nil
			}
			return []sse.Event{e}
		}},
		{name: "silence", want: "is missing", mangle: func(e sse.Event) []sse.Event {
			if e.Name == "message" {
				return nil
			}
			return []sse.Event{e}
		}},
		{name: "an end", want: "the server sent", mangle: on(7, func(e sse.Event) []sse.Event {
			e.Name, e.Data = "close", `{"reason":"limit"}`
			return []sse.Event{e}
		})},
		{name: "descriptors", want: "descriptors more than before", wrap: leakFile(t)},
		{name: "goroutines", want: "goroutines more than before", wrap: leakGoroutine(t)},
		{name: "heap", want: "heap grew", wrap: leakHeap(t)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := soak(t, plan{streams: 24, writers: 2, length: time.Second, seed: 1, mangle: c.mangle, wrap: c.wrap, hurry: true})
			found := strings.Join(w.faults.first(100), "\n")
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("got %q, want %q in it", found, c.want)
			}
		})
	}
}

// on changes one notification to one person.
func on(number int, change func(sse.Event) []sse.Event) func(sse.Event) []sse.Event {
	return func(e sse.Event) []sse.Event {
		if e.Name == "message" && strings.Contains(e.Data, `"title":"to one `+strconv.Itoa(number)+`"`) {
			return change(e)
		}
		return []sse.Event{e}
	}
}

// leakFile forgets a file for each stream.
func leakFile(t *testing.T) func(http.Handler) http.Handler {
	return forgetting(func() {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = f.Close() })
	})
}

// leakGoroutine forgets a goroutine for each stream.
func leakGoroutine(t *testing.T) func(http.Handler) http.Handler {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return forgetting(func() { go func() { <-end }() })
}

// leakHeap forgets a MiB for each stream.
func leakHeap(t *testing.T) func(http.Handler) http.Handler {
	return forgetting(func() {
		b := make([]byte, 1<<20)
		t.Cleanup(func() { b[0]++ })
	})
}

func forgetting(leak func()) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/sse/stream/") {
				leak()
			}
			next.ServeHTTP(w, r)
		})
	}
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
