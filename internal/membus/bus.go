// Package membus is the Bus of a single node: a ring is a call.
//
// Ring calls every listener in the goroutine of the caller, one after the other, and returns when all have returned, so
// nothing is lost, swapped within a call, or late. Rings from several goroutines may reach a listener at the same time.
package membus

import (
	"context"
	"errors"
	"sync"

	"github.com/belfryhq/belfry"
)

// errClosed is what a closed bus answers.
var errClosed = errors.New("the bus is closed")

// A Bus implements [belfry.Bus] in process.
type Bus struct {
	mu        sync.RWMutex
	listeners []*listener // replaced, never changed, so that Ring can walk it without the lock
	closed    bool
}

// New returns a Bus without listeners.
func New() *Bus { return &Bus{} }

var _ belfry.Bus = (*Bus)(nil)

// Ring implements [belfry.Bus]. It does not look at ctx: what was committed is told even when the one who sent it has
// gone away meanwhile.
func (b *Bus) Ring(_ context.Context, rings ...belfry.Ring) error {
	b.mu.RLock()
	listeners, closed := b.listeners, b.closed
	b.mu.RUnlock()
	if closed {
		return errClosed
	}
	for _, l := range listeners {
		l.call(rings)
	}
	return nil
}

// Listen implements [belfry.Bus].
func (b *Bus) Listen(fn func(belfry.Ring)) (stop func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	l := newListener(fn)
	b.listeners = append(b.listeners[:len(b.listeners):len(b.listeners)], l)
	return func() { b.remove(l); l.stop() }, nil
}

// Ping implements [belfry.Bus].
func (b *Bus) Ping(context.Context) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed
	}
	return nil
}

// Close implements [belfry.Bus].
func (b *Bus) Close() error {
	b.mu.Lock()
	listeners := b.listeners
	b.listeners, b.closed = nil, true
	b.mu.Unlock()
	for _, l := range listeners {
		l.stop()
	}
	return nil
}

func (b *Bus) remove(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := make([]*listener, 0, len(b.listeners))
	for _, other := range b.listeners {
		if other != l {
			kept = append(kept, other)
		}
	}
	b.listeners = kept
}
