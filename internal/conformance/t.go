package conformance

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
)

// kept is how many exchanges a failure shows: what led there, not the whole story.
const kept = 6

// A T is a case in progress.
type T struct {
	ctx    context.Context
	target Target

	mu        sync.Mutex
	failures  []string
	notRun    string
	exchanges []string
	cleanups  []func()
}

// A stop is what ends a case early.
type stop string

const stopped stop = "the case is over"

// Context ends when the case has no more time.
func (t *T) Context() context.Context { return t.ctx }

// Errorf fails the case and goes on.
func (t *T) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// Fatalf fails the case and ends it. It may be called from the case's own goroutine only.
func (t *T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(stopped)
}

// NotRunf ends the case: the target, as it is set up, can't show what it claims.
func (t *T) NotRunf(format string, args ...any) {
	t.mu.Lock()
	t.notRun = fmt.Sprintf(format, args...)
	t.mu.Unlock()
	panic(stopped)
}

// Cleanup has f called when the case is over, last given first called.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *T) clean() {
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		t.guard(f)
	}
}

// equal fails the case when got is not want.
func equal[V comparable](t *T, what string, want, got V) {
	if want != got {
		t.Errorf("%s: want %s, got %s", what, short(fmt.Sprintf("%#v", want)), short(fmt.Sprintf("%#v", got)))
	}
}

// exchange keeps a line for the failure that may follow.
func (t *T) exchange(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.exchanges) == kept {
		t.exchanges = append(t.exchanges[:0], t.exchanges[1:]...)
	}
	t.exchanges = append(t.exchanges, fmt.Sprintf(format, args...))
}

func (t *T) outcome() Outcome {
	switch {
	case len(t.failures) > 0:
		return Failed
	case t.notRun != "":
		return NotRun
	default:
		return Passed
	}
}

func (t *T) detail() string {
	if len(t.failures) == 0 {
		return t.notRun
	}
	s := strings.Join(t.failures, "\n")
	if len(t.exchanges) > 0 {
		s += "\n  " + strings.Join(t.exchanges, "\n  ")
	}
	return s
}

func short(s string) string {
	const most = 400
	if len(s) > most {
		return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
	}
	return s
}

// unique returns a word of lower case letters and digits that no other case has.
func unique() string { return strings.ToLower(rand.Text()[:14]) }
