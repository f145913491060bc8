package smtpmail

import (
	"context"
	"slices"
	"sync"

	"github.com/belfryhq/belfry"
)

// A gate lets one mail at a time through; of those that wait, the first of the highest class goes next. A mail of a low
// class that waits passes after starve others, so that it is late, not lost.
type gate struct {
	mu      sync.Mutex
	taken   bool
	waiting []*waiter
}

type waiter struct {
	class  belfry.MailClass
	passed int // by how many
	enter  chan struct{}
}

const starve = 8

// enter waits for its turn; it returns false when ctx ends first.
func (g *gate) enter(ctx context.Context, class belfry.MailClass) bool {
	g.mu.Lock()
	if !g.taken {
		g.taken = true
		g.mu.Unlock()
		return true
	}
	w := &waiter{class: class, enter: make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()
	select {
	case <-w.enter:
		return true
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return false
	}
	g.next() // it was let in at the same moment: hand on
	return false
}

// tryEnter enters if nobody is in.
func (g *gate) tryEnter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.taken {
		return false
	}
	g.taken = true
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

func (g *gate) next() {
	if len(g.waiting) == 0 {
		g.taken = false
		return
	}
	best := 0
	for i, w := range g.waiting {
		if w.passed >= starve {
			best = i
			break
		}
		if rank(w.class) > rank(g.waiting[best].class) {
			best = i
		}
	}
	w := g.waiting[best]
	for _, other := range g.waiting[:best] {
		other.passed++
	}
	g.waiting = slices.Delete(g.waiting, best, best+1)
	close(w.enter)
}

func rank(c belfry.MailClass) int {
	switch c {
	case belfry.Bulk:
		return 0
	case belfry.Urgent:
		return 2
	default:
		return 1
	}
}
