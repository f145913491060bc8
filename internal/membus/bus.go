// Package membus is the Bus of a single node: a ring is a call.
//
// Ring calls every listener in the goroutine of the caller, one after the other, and returns when all have returned, so
// nothing is lost, swapped within a call, or late. Rings from several goroutines may reach a listener at the same time.
package membus

import (
	"context"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/wirebus"
)

// A Bus implements [belfry.Bus] in process.
type Bus struct {
	listeners wirebus.Listeners[belfry.Ring]
}

// New returns a Bus without listeners.
func New() *Bus { return &Bus{} }

var _ belfry.Bus = (*Bus)(nil)

// Ring implements [belfry.Bus]. It does not look at ctx: what was committed is told even when the one who sent it has
// gone away meanwhile.
func (b *Bus) Ring(_ context.Context, rings ...belfry.Ring) error { return b.listeners.Call(rings) }

// Listen implements [belfry.Bus].
func (b *Bus) Listen(fn func(belfry.Ring)) (stop func(), err error) { return b.listeners.Add(fn) }

// Ping implements [belfry.Bus].
func (b *Bus) Ping(context.Context) error {
	if b.listeners.Closed() {
		return wirebus.ErrClosed
	}
	return nil
}

// Close implements [belfry.Bus].
func (b *Bus) Close() error {
	b.listeners.Close()
	return nil
}
