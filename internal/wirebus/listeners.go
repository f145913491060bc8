package wirebus

import (
	"errors"
	"sync"
)

// ErrClosed is what a closed bus answers.
var ErrClosed = errors.New("the bus is closed")

// Listeners are those of one node, for rings or for what other nodes tell. The zero value has none. Safe for use by several
// goroutines at once.
type Listeners[T any] struct {
	mu     sync.RWMutex
	all    []*listener[T] // replaced, never changed, so that Call can walk it without the lock
	closed bool
}

// Call calls every listener with what was heard, in the goroutine of the caller; closed: ErrClosed.
func (s *Listeners[T]) Call(heard []T) error {
	s.mu.RLock()
	all, closed := s.all, s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	for _, l := range all {
		l.call(heard)
	}
	return nil
}

// Add is [belfry.Bus.Listen], and [belfry.Peers.Hear].
func (s *Listeners[T]) Add(fn func(T)) (stop func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	l := &listener[T]{fn: fn}
	l.idle.L = &l.mu
	s.all = append(s.all[:len(s.all):len(s.all)], l)
	return func() { s.remove(l); l.stop() }, nil
}

// Closed reports whether Close was called.
func (s *Listeners[T]) Closed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// Close ends every listener, and reports whether it was the first.
func (s *Listeners[T]) Close() bool {
	s.mu.Lock()
	all, first := s.all, !s.closed
	s.all, s.closed = nil, true
	s.mu.Unlock()
	for _, l := range all {
		l.stop()
	}
	return first
}

func (s *Listeners[T]) remove(l *listener[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]*listener[T], 0, len(s.all))
	for _, other := range s.all {
		if other != l {
			kept = append(kept, other)
		}
	}
	s.all = kept
}

// A listener counts the calls under way, so that stop can wait for them. A lock held around the call would do the same, but a
// listener that rings would then wait for itself once somebody else stops it.
type listener[T any] struct {
	fn func(T)

	mu      sync.Mutex
	idle    sync.Cond // running has become 0
	running int
	stopped bool
}

func (l *listener[T]) call(heard []T) {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return
	}
	l.running++
	l.mu.Unlock()
	defer l.leave()
	for _, r := range heard {
		l.fn(r)
	}
}

func (l *listener[T]) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running--; l.running == 0 {
		l.idle.Broadcast()
	}
}

func (l *listener[T]) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for l.running > 0 {
		l.idle.Wait()
	}
}
