package stream

import (
	"math/bits"
	"time"
)

// A wheel knows which streams have something to do at a later time. Setting, stopping and finding what is due cost the
// same however many there are. It belongs to one goroutine.
type wheel struct {
	slots [wheelSlots]*parked
	busy  [wheelSlots / 64]uint64 // a bit for each slot that is not empty
	at    int64                   // the last tick that was given out
}

// A stream is never silent for longer than maxHeartbeat, so one turn of the wheel must be longer than that.
const (
	wheelTick  = 16 * time.Millisecond
	wheelSlots = 2048
)

// links are a stream's place on the wheel.
type links struct {
	before, after *parked
	slot          int32 // plus 1; 0: it is on none
}

// set has the stream given out at a moment, or up to a tick later; one that is set for an earlier moment stays there, and
// whoever gets it finds nothing due and sets it anew.
func (w *wheel) set(p *parked, m moment) {
	tick := int64((m + moment(wheelTick) - 1) / moment(wheelTick))
	tick = min(max(tick, w.at+1), w.at+wheelSlots-1)
	if p.links.slot > 0 {
		if w.ahead(int64(p.links.slot-1)) <= tick-w.at {
			return
		}
		w.stop(p)
	}
	slot := tick % wheelSlots
	p.links = links{after: w.slots[slot], slot: int32(slot + 1)}
	if p.links.after != nil {
		p.links.after.links.before = p
	}
	w.slots[slot] = p
	w.busy[slot/64] |= 1 << (slot % 64)
}

// ahead is how many ticks after at a slot's turn comes.
func (w *wheel) ahead(slot int64) int64 {
	return (slot-w.at%wheelSlots+wheelSlots-1)%wheelSlots + 1
}

// stop takes a stream off the wheel.
func (w *wheel) stop(p *parked) {
	if p.links.slot == 0 {
		return
	}
	slot := p.links.slot - 1
	if p.links.after != nil {
		p.links.after.links.before = p.links.before
	}
	if p.links.before != nil {
		p.links.before.links.after = p.links.after
	} else if w.slots[slot] = p.links.after; p.links.after == nil {
		w.busy[slot/64] &^= 1 << (slot % 64)
	}
	p.links = links{}
}

// take gives out one stream that is due, or nil.
func (w *wheel) take(now moment) *parked {
	last := int64(now / moment(wheelTick))
	next := w.nextTick()
	if next < 0 || next > last {
		w.at = max(w.at, last)
		return nil
	}
	w.at = next - 1
	p := w.slots[next%wheelSlots]
	w.stop(p)
	return p
}

// next returns when the next stream is due, or false.
func (w *wheel) next() (moment, bool) {
	tick := w.nextTick()
	return moment(tick) * moment(wheelTick), tick >= 0
}

// nextTick returns the first tick after at whose slot is not empty, or -1. All that is set lies within one turn after at.
func (w *wheel) nextTick() int64 {
	first := (w.at + 1) % wheelSlots
	word := first / 64
	mask := ^uint64(0) << (first % 64)
	for range len(w.busy) + 1 {
		if found := w.busy[word] & mask; found != 0 {
			slot := word*64 + int64(bits.TrailingZeros64(found))
			return w.at + w.ahead(slot)
		}
		word, mask = (word+1)%int64(len(w.busy)), ^uint64(0)
	}
	return -1
}
