package stream_test

import (
	"context"
	"slices"
	"sync"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
)

// A roughBus holds every ring back until the test says what becomes of it: delivered in any order, doubled, or lost.
type roughBus struct {
	*membus.Bus

	mu      sync.Mutex
	pending []belfry.Ring
}

func newRoughBus() *roughBus { return &roughBus{Bus: membus.New()} }

func (b *roughBus) Ring(ctx context.Context, rings ...belfry.Ring) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range rings {
		if r.Mute || r.Hangup.Reason != "" {
			if err := b.Bus.Ring(ctx, r); err != nil {
				return err
			}
			continue
		}
		b.pending = append(b.pending, r)
	}
	return nil
}

func (b *roughBus) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending)
}

// deliver lets a ring that waits arrive; kept, it will arrive again.
func (b *roughBus) deliver(i int, keep bool) error {
	b.mu.Lock()
	r := b.pending[i]
	if !keep {
		b.pending = slices.Delete(b.pending, i, i+1)
	}
	b.mu.Unlock()
	return b.Bus.Ring(context.Background(), r)
}

func (b *roughBus) lose(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = slices.Delete(b.pending, i, i+1)
}
