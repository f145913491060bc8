package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Start makes a server ready, and returns how to stop it.
type Start func(ctx context.Context) (t Target, stop func() error, err error)

const (
	// growthDeliveries is how many deliveries the broadcasts make at each number of streams, about: as many at all, so that all
	// are measured for as long. Few streams get growthBroadcasts.
	growthDeliveries = 180_000
	growthBroadcasts = 90
)

// Grow measures at several numbers of streams, each on a server of its own: what a server has kept from more streams would
// belie the smaller numbers. o.Messages is the number of unicasts; they go to as many people at all numbers, for the first that
// somebody gets costs more than the next.
func Grow(ctx context.Context, start Start, sizes []int, o Options) (*Report, error) {
	o.Mode = Growth
	if len(sizes) == 0 {
		return nil, errors.New("growth wants numbers of streams")
	}
	o.people = slices.Min(sizes)
	sum := &Report{Mode: Growth}
	for _, n := range sizes {
		o.Streams = n
		one, err := grow(ctx, start, o)
		if one != nil {
			sum.Streams = max(sum.Streams, one.Streams)
			sum.Sent, sum.Due, sum.Delivered = sum.Sent+one.Sent, sum.Due+one.Due, sum.Delivered+one.Delivered
			sum.Lost, sum.Doubled, sum.Disordered = sum.Lost+one.Lost, sum.Doubled+one.Doubled, sum.Disordered+one.Disordered
			sum.Foreign, sum.Ended = sum.Foreign+one.Foreign, sum.Ended+one.Ended
			sum.Growth = append(sum.Growth, one.Growth...)
		}
		if err != nil {
			return sum, fmt.Errorf("%d streams: %w", n, err)
		}
	}
	return sum, nil
}

func grow(ctx context.Context, start Start, o Options) (_ *Report, err error) {
	target, stop, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := stop(); err == nil {
			err = e
		}
	}()
	if err := o.validate(&target); err != nil {
		return nil, err
	}
	if err := visit(ctx, &target, o); err != nil {
		return nil, err
	}
	r := newRun(&target, &o)
	defer r.close()
	size := Size{Streams: o.Streams}
	broadcasts := plan{name: "fanout", lanes: []int{0}, toAll: true, messages: min(growthBroadcasts, max(1, growthDeliveries/int64(o.Streams))), each: 1, oneByOne: true}
	unicasts := plan{name: "unicast", messages: int64(o.Messages), each: 1}
	for lane := range o.Senders {
		unicasts.lanes = append(unicasts.lanes, lane+1)
	}
	err = r.connect(ctx)
	for _, step := range []struct {
		plan plan
		cost *float64
	}{{broadcasts, &size.Fanout}, {unicasts, &size.Unicast}} {
		if err != nil {
			break
		}
		if err = r.flood(ctx, step.plan); r.report.Cost != nil {
			*step.cost, size.Memory = r.report.Cost.DeliveryCPU, r.report.Cost.Memory
		}
	}
	r.sum()
	r.report.Growth = []Size{size}
	return r.report, err
}
