package load_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry/internal/load"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	if got := load.Summarize(); got != nil {
		t.Errorf("of nothing: got %+v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Map(rapid.Int64Range(-1, int64(time.Minute)), func(n int64) time.Duration { return time.Duration(n) }), 1, 300).Draw(t, "times")
		got := load.Summarize(times...)
		slices.Sort(times)
		for _, q := range []struct {
			got  float64
			rank float64
		}{{got.P50, 0.5}, {got.P90, 0.9}, {got.P99, 0.99}} {
			want := float64(max(times[min(int(q.rank*float64(len(times))), len(times)-1)], 0)) / 1e6
			if q.got < want-0.001 || q.got > want*1.04+0.001 {
				t.Errorf("the quantile %v of %v: got %v ms, want %v", q.rank, times, q.got, want)
			}
		}
		sum, last := int64(0), 0.0
		for _, b := range got.Histogram {
			if sum += b.Count; b.UpTo <= last {
				t.Errorf("the buckets do not rise: %+v", got.Histogram)
			}
			last = b.UpTo
		}
		h := got.Histogram
		if sum != int64(len(times)) || h[0].Count == 0 || h[len(h)-1].Count == 0 || last < got.Max {
			t.Errorf("%d times, histogram %+v", len(times), h)
		}
	})
}
