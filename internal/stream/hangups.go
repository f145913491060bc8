package stream

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/belfryhq/belfry"
)

// hangupsKept is how many hang-ups are remembered. A stream that joins looks at those of the milliseconds since its credential was
// looked at; where there were more, it has to come back and be looked at again.
const hangupsKept = 256

// hangups remembers who was hung up last, for streams that are about to join: the hang-up of a person finds only the streams that
// are there, and whoever was let in just before and joins just after would stay.
type hangups struct {
	count atomic.Uint64 // of all that there were

	mu   sync.Mutex
	last [hangupsKept]hungUp
}

type hungUp struct {
	user string // empty: everyone
	why  belfry.CloseReason
}

// note remembers a hang-up. It comes before the streams are told, so that whoever joins after they were told finds it.
// One stream by its id concerns no other, and what a person closes are the streams that they see.
func (h *hangups) note(user, connection string, why belfry.CloseReason) {
	if connection != "" || why == belfry.CloseClosed {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.count.Load()
	h.last[n%hangupsKept] = hungUp{strings.Clone(user), why}
	h.count.Store(n + 1)
}

// since says why a person was hung up after a mark; empty: they were not.
func (h *hangups) since(mark uint64, user string) belfry.CloseReason {
	if mark == 0 || h.count.Load() == mark-1 {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.count.Load()
	if n-(mark-1) > hangupsKept {
		return belfry.CloseExpired
	}
	for i := n; i > mark-1; i-- {
		if one := h.last[(i-1)%hangupsKept]; one.user == user || one.user == "" {
			return one.why
		}
	}
	return ""
}

// mark is a place in the order of hang-ups; never 0.
func (h *hangups) mark() uint64 { return h.count.Load() + 1 }
