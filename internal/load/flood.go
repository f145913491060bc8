package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A plan says what a flood sends.
type plan struct {
	name     string
	lanes    []int // that send at once
	toAll    bool
	messages int64
	each     int64 // in one request
	oneByOne bool  // the next is sent when all streams have the last
}

// inBulk is how many letters a request of Bulk has.
const inBulk = 100

// plan is the plan of a mode that has one.
func (r *run) plan() plan {
	p := plan{name: string(r.Mode), messages: int64(r.Messages), each: 1, toAll: r.Mode == Fanout || r.Mode == Burst, oneByOne: r.Mode == Fanout}
	if r.Mode == Bulk {
		p.each = inBulk
	}
	for lane := range r.Senders {
		if p.lanes = append(p.lanes, lane); p.oneByOne {
			break
		}
	}
	return p
}

// due is how many deliveries so many messages make.
func (r *run) due(p *plan, messages int64) int64 {
	if p.toAll {
		return messages * int64(r.Streams)
	}
	return messages
}

// flood sends and waits for what it sent. That something did not come in time is no error: the ledger says so.
func (r *run) flood(ctx context.Context, p plan) error {
	if err := r.warmUp(ctx, &p); err != nil {
		return err
	}
	base, _ := r.aud.count()
	r.meter.phase(p.name, r.due(&p, p.messages), func() int64 { heard, _ := r.aud.count(); return heard - base })
	before, own, began := r.server.use(), self().use(), time.Now()
	err := r.pour(ctx, &p, base)
	if err == nil {
		err = r.heard(ctx, base+r.due(&p, p.messages))
	}
	took := time.Since(began)
	if err != nil && !errors.Is(err, errLate) {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if err := pause(ctx, settle); err != nil {
		return err
	}
	now, _ := r.aud.count()
	got := now - base
	r.report.Sent += p.messages
	r.report.Seconds = round(took.Seconds(), 3)
	r.report.PerSecond = round(float64(got)/took.Seconds(), 0)
	if c := r.report.Cost; c != nil {
		c.DeliveryCPU, c.ClientCPU = r.each(r.server.since(before), got), r.each(self().since(own), got)
	}
	return nil
}

// warmUp sends one that no figure counts: it opens what the server opens once.
func (r *run) warmUp(ctx context.Context, p *plan) error {
	base, _ := r.aud.count()
	if err := r.send(ctx, p, p.lanes[0], 0, 1); err != nil {
		return fmt.Errorf("send the first: %w", err)
	}
	r.report.Sent++
	if err := r.heard(ctx, base+r.due(p, 1)); err != nil {
		return fmt.Errorf("wait for the first: %w", err)
	}
	r.aud.Lock()
	defer r.aud.Unlock()
	r.aud.late = latencies{}
	return nil
}

func (r *run) heard(ctx context.Context, n int64) error {
	return r.aud.await(ctx, r.Patience, func() bool { return r.aud.heard >= n })
}

// pour sends all messages, by all lanes.
func (r *run) pour(ctx context.Context, p *plan, base int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var lanes sync.WaitGroup
	var taken atomic.Int64
	for _, lane := range p.lanes {
		lanes.Go(func() {
			for ctx.Err() == nil {
				first := taken.Add(p.each) - p.each
				if first >= p.messages {
					return
				}
				err := r.send(ctx, p, lane, first, min(first+p.each, p.messages)-first)
				if err == nil && p.oneByOne {
					err = r.heard(ctx, base+r.due(p, first+1))
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	lanes.Wait()
	return context.Cause(ctx)
}

// stride takes unicast through the streams in no order that a server could gain by: it is prime, and larger than steps
// between neighbours.
const stride = 7919

// send sends messages from first on, by one lane.
func (r *run) send(ctx context.Context, p *plan, lane int, first, n int64) error {
	letters := make([]letter, 0, n)
	for k := first; k < first+n; k++ {
		to := everyone
		if !p.toAll {
			to = int(k * stride % int64(cmp.Or(r.people, r.Streams)))
		}
		s := stamp{lane: lane, number: r.book.send(lane, max(to, 0)), at: time.Now().UnixNano()}
		letters = append(letters, letter{to, payload(r.Size, s)})
	}
	return r.sender.send(ctx, letters...)
}
