package stream

import (
	"sync/atomic"

	"github.com/belfryhq/belfry"
)

// meters are the numbers behind Stats.
type meters struct {
	topics, lingering, parked, portable, jammed, opened, frames, bytes, writes, reads, readErrors, holes, heartbeats atomic.Int64

	resetEpoch, resetPruned, resetBacklog                           atomic.Int64
	closeClosed, closeExpired, closeLimit, closeDrain, closeRevoked atomic.Int64
}

func (m *meters) reset(why belfry.Reset) {
	switch why {
	case belfry.ResetEpoch:
		m.resetEpoch.Add(1)
	case belfry.ResetPruned:
		m.resetPruned.Add(1)
	case belfry.ResetBacklog:
		m.resetBacklog.Add(1)
	case belfry.ResetNone:
	}
	m.frames.Add(1)
}

func (m *meters) closed(why belfry.CloseReason) {
	switch why {
	case belfry.CloseClosed:
		m.closeClosed.Add(1)
	case belfry.CloseExpired:
		m.closeExpired.Add(1)
	case belfry.CloseLimit:
		m.closeLimit.Add(1)
	case belfry.CloseDrain:
		m.closeDrain.Add(1)
	case belfry.CloseRevoked:
		m.closeRevoked.Add(1)
	}
	m.frames.Add(1)
}

func (m *meters) stats() Stats {
	return Stats{
		Topics: m.topics.Load(), Lingering: m.lingering.Load(), Parked: m.parked.Load(), Portable: m.portable.Load(), Jammed: m.jammed.Load(),
		Opened: m.opened.Load(), Frames: m.frames.Load(), Bytes: m.bytes.Load(),
		Writes: m.writes.Load(), StoreReads: m.reads.Load(), StoreErrors: m.readErrors.Load(), Holes: m.holes.Load(),
		Heartbeats: m.heartbeats.Load(),
		Resets: map[belfry.Reset]int64{
			belfry.ResetEpoch: m.resetEpoch.Load(), belfry.ResetPruned: m.resetPruned.Load(), belfry.ResetBacklog: m.resetBacklog.Load(),
		},
		Closes: map[belfry.CloseReason]int64{
			belfry.CloseClosed: m.closeClosed.Load(), belfry.CloseExpired: m.closeExpired.Load(), belfry.CloseLimit: m.closeLimit.Load(),
			belfry.CloseDrain: m.closeDrain.Load(), belfry.CloseRevoked: m.closeRevoked.Load(),
		},
	}
}
