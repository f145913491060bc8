package stream

import (
	"testing"

	"pgregory.net/rapid"
)

// TestWalk: every place that was there when a walk began is looked at, however the list grows meanwhile and however often a
// walk begins anew.
func TestWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w walk
		n, due := 0, map[int]bool{}
		step := func() (ok bool) {
			i, ok := w.next(n)
			if ok && i >= n {
				t.Fatalf("place %d of %d", i, n)
			}
			delete(due, i)
			return ok
		}
		t.Repeat(map[string]func(*rapid.T){
			"grow": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "by") {
					n++
					w.grow()
				}
			},
			"begin": func(*rapid.T) {
				w.begin(n)
				for i := range n {
					due[i] = true
				}
			},
			"some": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "steps") {
					step()
				}
			},
			"all": func(t *rapid.T) {
				for step() {
				}
				if len(due) > 0 {
					t.Fatalf("%d places of %d were forgotten", len(due), n)
				}
			},
		})
	})
}
