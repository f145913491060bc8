package stream

import (
	"context"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// holeWait is how long a hole in the numbers may stand: rings that were swapped arrive well within it.
const holeWait = 50 * time.Millisecond

// A mender closes holes. All wait equally long, so its queue is in the order of their time.
type mender struct {
	kick chan struct{}

	mu    sync.Mutex
	queue []mend
}

type mend struct {
	topic *topic // nil: the broadcasts
	at    time.Time
}

func newMender() *mender { return &mender{kick: make(chan struct{}, 1)} }

func (m *mender) add(t *topic) {
	m.mu.Lock()
	m.queue = append(m.queue, mend{t, time.Now().Add(holeWait)})
	m.mu.Unlock()
	signal(m.kick)
}

// take returns what is due, and when the next is.
func (m *mender) take(now time.Time) (due []mend, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for n < len(m.queue) && !now.Before(m.queue[n].at) {
		n++
	}
	due, m.queue = m.queue[:n:n], m.queue[n:]
	if len(m.queue) == 0 {
		m.queue = nil
		return due, time.Hour
	}
	return due, m.queue[0].at.Sub(now)
}

// mendHoles runs until ctx is done.
func (h *Hub) mendHoles(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, wait := h.mender.take(time.Now())
		for _, d := range due {
			if d.topic == nil {
				signal(h.fill)
			} else if d.topic.mend() {
				h.meters.holes.Add(1)
			}
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-h.mender.kick:
		case <-timer.C:
		}
	}
}

// spreadBroadcasts wakes everyone when a broadcast has come, and closes holes among the broadcasts, until ctx is done. It
// is apart from who rings, so that a send to everyone does not wait until everyone is woken.
func (h *Hub) spreadBroadcasts(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.cry:
		case <-h.fill:
			if !h.fillHole(ctx) {
				continue
			}
		}
		h.lot.wakeAll()
		if h.meters.portable.Load() > 0 {
			h.each(func(t *topic) {
				t.mu.Lock()
				defer t.mu.Unlock()
				t.wake()
			})
		}
	}
}

// fillHole reads missing broadcasts once for all, as nobody in particular. Where that is not simple (one was taken back, or
// too many are missing), everyone reads for themselves.
func (h *Hub) fillHole(ctx context.Context) bool {
	from, to, open := h.all.hole()
	if !open {
		return false
	}
	h.meters.holes.Add(1)
	if to-from <= reelFrames {
		if ch, err := h.nobody(ctx, from); err != nil {
			h.meters.readErrors.Add(1)
			h.cfg.Logger.WarnContext(ctx, "broadcasts were not heard and cannot be read", "after", from, "error", err)
		} else if ch.Reset == belfry.ResetNone && !ch.More && h.all.fill(from, ch.Items, ch.Head.Broadcast, &ch.Tally) {
			return true
		}
	}
	h.all.skip()
	return true
}

// nobody reads the broadcasts after a number. The empty user has no log, but a place in it must be named all the same.
func (h *Hub) nobody(ctx context.Context, from int64) (belfry.Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	h.meters.reads.Add(2)
	now := h.cfg.Now().UTC()
	head, err := h.cfg.Store.Changes(ctx, "", belfry.Cursor{}, 0, now)
	if err != nil {
		return head, err
	}
	after := head.Head
	after.Broadcast = from
	return h.cfg.Store.Changes(ctx, "", after, reelFrames, now)
}

// signal makes a receiver look once more; several signals before it does are one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
