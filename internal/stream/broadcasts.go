package stream

import (
	"sync"
	"sync/atomic"

	"github.com/belfryhq/belfry"
)

// broadcasts is the newest part of the log that all share. Every connection looks at it and few things change it, so
// what is looked at is an immutable view.
type broadcasts struct {
	now atomic.Pointer[view]

	heard atomic.Int64 // the moment at which a ring or the store last told of it

	mu      sync.Mutex // of whoever makes the next view
	mending bool
}

// A view is the broadcast log at a moment.
type view struct {
	log      reel
	shared   belfry.Counts // the shared part of the counts at entry sharedAt
	sharedAt int64
	trust    uint32 // as a topic's; moves on when a broadcast goes, for only the store knows who had touched it
}

func newBroadcasts() *broadcasts {
	b := &broadcasts{}
	b.now.Store(&view{sharedAt: -1, trust: 1})
	return b
}

// change publishes a new view.
func (b *broadcasts) change(fn func(v *view)) (old, now *view) {
	old = b.now.Load()
	next := *old
	fn(&next)
	b.now.Store(&next)
	return old, &next
}

// hear takes in an entry. moved: connections are due something; hole: the mender must be told.
func (b *broadcasts) hear(n int64, f *frame, at moment) (moved, hole bool) {
	b.heard.Store(int64(at))
	b.mu.Lock()
	defer b.mu.Unlock()
	old, now := b.change(func(v *view) { v.place(n, f) })
	return now.log.head > old.log.head, b.queueMend()
}

func (v *view) place(n int64, f *frame) {
	moved := v.log.put(n, f)
	for at := max(v.log.base, v.log.head-moved) + 1; at <= v.log.head; at++ {
		f := v.log.at(at)
		if at > v.sharedAt {
			v.shared, v.sharedAt = f.counts, at
		}
		if f.kind == belfry.Deleted {
			v.trust++
		}
	}
}

// pass is hear when there are no topics, which it reports: the log is forgotten, and begins anew with whoever comes. It looks
// once more under the lock: whoever has come until then has read the store, and said what it knows, before or after.
func (b *broadcasts) pass(topics *atomic.Int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if topics.Load() > 0 {
		return false
	}
	if b.now.Load().log.known {
		b.change(func(v *view) { v.log = reel{} })
	}
	return true
}

// observe is told what a snapshot of the store says of the broadcasts; tally is nil when its shared part is not known.
func (b *broadcasts) observe(head int64, tally *belfry.Tally, at moment) (hole bool) {
	b.heard.Store(int64(at))
	if v := b.now.Load(); v.log.known && v.log.target >= head && (tally == nil || !v.corrected(head, tally)) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.change(func(v *view) {
		v.log.observe(head)
		if tally != nil && v.corrected(head, tally) {
			v.shared, v.sharedAt = tally.Shared, head
		}
	})
	return b.queueMend()
}

// corrected reports whether a snapshot knows the shared counts better. That of the same place does: pruning changes them
// without an entry, and a ring may have told what was before.
func (v *view) corrected(head int64, tally *belfry.Tally) bool {
	return head > v.sharedAt || head == v.sharedAt && tally.Shared != v.shared
}

// doubt makes every connection read the store, for what changes without an entry. It comes before the topics' own doubts, so
// that what was read before is believed nowhere.
func (b *broadcasts) doubt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.change(func(v *view) { v.trust++ })
}

func (b *broadcasts) queueMend() bool {
	if b.mending || !b.now.Load().log.hole() {
		return false
	}
	b.mending = true
	return true
}

// hole returns the hole that is open, if one is: what is missing lies above from and not above to.
func (b *broadcasts) hole() (from, to int64, open bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mending = false
	v := b.now.Load()
	return v.log.head, v.log.target, v.log.hole()
}

// skip gives up on a hole.
func (b *broadcasts) skip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now.Load().log.hole() {
		b.change(func(v *view) { v.log.skip() })
	}
}

// fill closes a hole with what the store has, if it has exactly what is missing, one by one.
func (b *broadcasts) fill(from int64, items []belfry.Change, head int64, tally *belfry.Tally) bool {
	if int64(len(items)) != head-from || !tally.Plain {
		return false
	}
	frames := make([]*frame, len(items))
	for i := range items {
		if items[i].Kind != belfry.Created || items[i].Broadcast != from+1+int64(i) {
			return false
		}
		frames[i] = newFrame(&items[i], tally.Shared)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.now.Load().log.known {
		return false
	}
	b.change(func(v *view) {
		for i, f := range frames {
			v.place(from+1+int64(i), f)
		}
	})
	return true
}
