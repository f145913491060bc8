package wirebus

import (
	"errors"
	"sync"

	"github.com/belfryhq/belfry"
)

// ErrClosed is what a closed bus answers.
var ErrClosed = errors.New("the bus is closed")

// Listeners are those of one node. The zero value has none. Safe for use by several goroutines at once.
type Listeners struct {
	mu     sync.RWMutex
	all    []*listener // replaced, never changed, so that Call can walk it without the lock
	closed bool
}

// Call calls every listener with the rings, in the goroutine of the caller; closed: ErrClosed.
func (s *Listeners) Call(rings []belfry.Ring) error {
	s.mu.RLock()
	all, closed := s.all, s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	for _, l := range all {
		l.call(rings)
	}
	return nil
}

// Add is [belfry.Bus.Listen].
func (s *Listeners) Add(fn func(belfry.Ring)) (stop func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	l := &listener{fn: fn}
	l.idle.L = &l.mu
	s.all = append(s.all[:len(s.all):len(s.all)], l)
	return func() { s.remove(l); l.stop() }, nil
}

// Closed reports whether Close was called.
func (s *Listeners) Closed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// Close ends every listener, and reports whether it was the first.
func (s *Listeners) Close() bool {
	s.mu.Lock()
	all, first := s.all, !s.closed
	s.all, s.closed = nil, true
	s.mu.Unlock()
	for _, l := range all {
		l.stop()
	}
	return first
}

func (s *Listeners) remove(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]*listener, 0, len(s.all))
	for _, other := range s.all {
		if other != l {
			kept = append(kept, other)
		}
	}
	s.all = kept
}

// A listener counts the calls under way, so that stop can wait for them. A lock held around the call would do the same, but a
// listener that rings would then wait for itself once somebody else stops it.
type listener struct {
	fn func(belfry.Ring)

	mu      sync.Mutex
	idle    sync.Cond // running has become 0
	running int
	stopped bool
}

func (l *listener) call(rings []belfry.Ring) {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return
	}
	l.running++
	l.mu.Unlock()
	defer l.leave()
	for _, r := range rings {
		l.fn(r)
	}
}

func (l *listener) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running--; l.running == 0 {
		l.idle.Broadcast()
	}
}

func (l *listener) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for l.running > 0 {
		l.idle.Wait()
	}
}
