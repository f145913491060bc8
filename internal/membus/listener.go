package membus

import (
	"sync"

	"github.com/belfryhq/belfry"
)

// A listener counts the calls under way, so that stop can wait for them. A lock held around the call would do the same,
// but a listener that rings would then wait for itself once somebody else stops it.
type listener struct {
	fn func(belfry.Ring)

	mu      sync.Mutex
	idle    sync.Cond // running has become 0
	running int
	stopped bool
}

func newListener(fn func(belfry.Ring)) *listener {
	l := &listener{fn: fn}
	l.idle.L = &l.mu
	return l
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
