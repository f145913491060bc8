package crashtest_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A stormer is a browser in a storm: a lifeline that waits as long as it was told, also when nobody answers.
type stormer struct {
	*storm
	lifeline
	address string
	got     atomic.Int64
}

func (d *stormer) live(ctx context.Context, gate chan struct{}) {
	d.lifeline.live(ctx, gate, func(there func()) { d.connect(ctx, d.address, there, d.take) })
}

func (d *stormer) take(e sse.Event, resuming bool) {
	switch e.Name {
	case "connection":
		d.begin(e, resuming)
		d.told = append(d.told, e.Retry)
	case "message":
		var n struct {
			Title string
			Data  struct{ At int64 }
		}
		d.decode(e, &n)
		if want := fmt.Sprint(d.got.Add(1)); n.Title != want {
			d.fault("number %s came, and number %s was due", n.Title, want)
		}
		if sent := time.Unix(0, n.Data.At); sent.After(d.since) { // else it was sent while the device was away
			d.waits = append(d.waits, time.Since(sent))
		}
		d.cursor = e.ID
	case "close":
		var c struct {
			Reason string
			Retry  int64
		}
		d.decode(e, &c)
		if c.Reason != "drain" || c.Retry != e.Retry.Milliseconds() {
			d.fault("got %s with retry %v", e.Data, e.Retry)
		}
		d.retry = e.Retry
		d.drained = append(d.drained, e.Retry)
	case "counts", "heartbeat":
	default:
		d.fault("got %s %s", e.Name, e.Data)
	}
}
