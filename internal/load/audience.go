package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// An audience hears what all streams bring. Whoever holds streams calls hear and gone between Lock and unlock, in batches.
type audience struct {
	sync.Mutex

	taps   []tap
	book   *ledger
	late   latencies
	up     int   // streams that were answered 200
	over   int   // of them, those that ended
	heard  int64 // what was due and came
	err    error // the first refusal
	until  func() bool
	agreed chan struct{} // closed when until holds
}

func newAudience(streams int, book *ledger) *audience {
	return &audience{taps: make([]tap, streams), book: book}
}

// unlock ends a batch.
func (a *audience) unlock() {
	if a.until != nil && (a.err != nil || a.until()) {
		close(a.agreed)
		a.until = nil
	}
	a.Unlock()
}

// hear takes bytes of a stream; now is when they came.
func (a *audience) hear(stream int, b []byte, now int64) {
	up, err := a.taps[stream].feed(b, func(s stamp) {
		if a.book.came(stream, s) {
			a.heard++
			a.late.add(time.Duration(now - s.at))
		}
	})
	if up {
		a.up++
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("stream %d: %w", stream, err)
	}
}

// gone notes that a stream ended. The load ends no stream before its end, so each is a fault of the server's.
func (a *audience) gone(stream int) {
	a.over++
	if a.err == nil {
		a.err = fmt.Errorf("stream %d: the server ended it", stream)
	}
}

// errLate is what await returns when its time is up.
var errLate = errors.New("it took too long")

// await waits until a condition holds, which is looked at after each batch. One may wait at a time.
func (a *audience) await(ctx context.Context, patience time.Duration, until func() bool) error {
	agreed := make(chan struct{})
	a.Lock()
	a.until, a.agreed = until, agreed
	a.unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var err error
	select {
	case <-agreed:
	case <-timer.C:
		err = errLate
	case <-ctx.Done():
		err = ctx.Err()
	}
	a.Lock()
	defer a.Unlock()
	a.until = nil
	if a.err != nil {
		return a.err
	}
	return err
}

// count returns how many deliveries were heard, and how many streams are up.
func (a *audience) count() (heard int64, up int) {
	a.Lock()
	defer a.Unlock()
	return a.heard, a.up
}
