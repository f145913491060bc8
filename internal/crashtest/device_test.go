package crashtest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A device is a lifeline of a fleet: it comes back to whichever node.
type device struct {
	*fleet
	lifeline
	number   int // of the person
	rand     *rand.Rand
	all, own []int // the last number of each lane that came
}

// whole reports whether everything came that was sent.
func (d *device) whole() bool {
	return !slices.ContainsFunc(d.lanes, func(l *lane) bool { return d.all[l.number] != l.all || d.own[l.number] != l.own[d.number] })
}

func (d *device) live(ctx context.Context, gate chan struct{}) {
	d.lifeline.live(ctx, gate, func(there func()) {
		d.retry = time.Duration(50+d.rand.IntN(100)) * time.Millisecond // where nobody answers, somebody else is tried soon
		d.connect(ctx, strings.TrimPrefix(d.any(d.rand).base, "http://"), there, d.take)
	})
}

func (d *device) take(e sse.Event, resuming bool) {
	switch e.Name {
	case "connection":
		if d.begin(e, resuming) {
			d.resumed++
		}
	case "message":
		var n struct{ Data stamp }
		d.decode(e, &n)
		d.hear(n.Data)
		d.cursor = e.ID
	case "close":
		if !strings.Contains(e.Data, `"drain"`) {
			d.fault("got %s", e.Data)
		}
		d.retry = e.Retry
		d.drained++
	case "counts", "heartbeat":
	default:
		d.fault("got %s %s", e.Name, e.Data)
	}
}

// hear checks that a number is the next of its lane, and was sent.
func (d *device) hear(s stamp) {
	d.heard++
	if s.Lane < 0 || s.Lane >= len(d.lanes) {
		d.fault("got %+v of nobody", s)
		return
	}
	last, sent := &d.own[s.Lane], d.lanes[s.Lane].own[d.number]
	if s.All {
		last, sent = &d.all[s.Lane], d.lanes[s.Lane].all
	}
	if s.N != *last+1 || s.N > sent {
		d.fault("got %+v after %d, of %d that were sent", s, *last, sent)
	}
	*last = s.N
	if at := time.Unix(0, s.At); at.After(d.since) { // else it was sent while the device was away
		d.slowest = max(d.slowest, time.Since(at))
	}
}
