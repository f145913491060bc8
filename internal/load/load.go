package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// How long the server may still work on what has arrived, and its garbage collector on what connecting left, before its usage
// is read.
const (
	settle        = 100 * time.Millisecond
	settleStream  = time.Millisecond // for each
	settleStreams = 1500 * time.Millisecond
)

// Run loads a server. The Report is there even with an error, as far as it came; an error says that the load could not be
// put on, or that a stream or a send was refused. Growth has its own function, [Grow].
func Run(ctx context.Context, t Target, o Options) (*Report, error) {
	if o.Mode == Growth {
		return nil, errors.New("growth needs several servers")
	}
	if err := o.validate(&t); err != nil {
		return nil, err
	}
	if o.Mode == Idle {
		if err := visit(ctx, &t, o); err != nil {
			return &Report{Mode: o.Mode}, err
		}
	}
	r := newRun(&t, &o)
	defer r.close()
	if o.Mode == Resume {
		return r.report, r.resume(ctx)
	}
	err := r.connect(ctx)
	switch {
	case err != nil:
	case o.Mode == Idle:
		err = r.idle(ctx)
	default:
		err = r.flood(ctx, r.plan())
	}
	r.sum()
	return r.report, err
}

// A run is one load on one server.
type run struct {
	*Options

	target  *Target
	report  *Report
	who     names
	book    *ledger
	aud     *audience
	crowd   crowd // nil: no stream is open
	sender  *sender
	meter   *meter
	server  processes
	streams usage // of the server before the first stream
}

func newRun(t *Target, o *Options) *run {
	r := &run{Options: o, target: t, report: &Report{Mode: o.Mode}, who: names("bench-" + strings.ToLower(rand.Text()[:8]) + "-"), server: t.PIDs}
	toAll, toOne := r.lanes()
	r.book = newLedger(o.Streams, toAll, toOne)
	r.aud = newAudience(o.Streams, r.book)
	r.sender = newSender(t, r.who, o.Senders, o.Patience)
	r.meter = newMeter(o.Progress)
	if len(r.server) == 0 {
		for _, node := range t.nodes() {
			r.server = append(r.server, serverOf(node)...)
		}
	}
	if len(r.server) > 0 {
		r.report.Cost = new(Cost)
	}
	return r
}

// lanes says how many senders a mode has, to everyone and to one stream at a time.
func (o *Options) lanes() (toAll, toOne int) {
	switch o.Mode {
	case Burst:
		return o.Senders, 0
	case Unicast, Bulk, Resume:
		return 0, o.Senders
	case Growth:
		return 1, o.Senders
	case Idle, Fanout:
	}
	return 1, 0
}

func (r *run) close() {
	if r.crowd != nil {
		r.crowd.close()
	}
	r.sender.close()
	r.meter.close()
}

// connect opens all streams and waits until they are answered.
func (r *run) connect(ctx context.Context) (err error) {
	if r.crowd, err = gather(r.target, r.aud); err != nil {
		return err
	}
	r.meter.phase("connecting", int64(r.Streams), func() int64 { _, up := r.aud.count(); return int64(up) })
	r.streams = r.server.use()
	began := time.Now()
	shared := r.Mode == Fanout || r.Mode == Burst
	for i := range r.Streams {
		token := ""
		if r.target.Token != nil {
			if token, err = r.target.Token(r.who.of(i)); err != nil {
				return err
			}
		}
		node := r.target.node(i)
		path := strings.TrimRight(node.Path, "/") + r.target.Peer.stream(i, shared)
		if err := r.crowd.open(ctx, i, request(node.Host, path, token, "")); err != nil {
			return fmt.Errorf("open stream %d: %w", i+1, err)
		}
		if err := pause(ctx, time.Duration(i)*time.Second/time.Duration(r.Rate)-time.Since(began)); err != nil {
			return err
		}
	}
	err = r.aud.await(ctx, r.Patience, func() bool { return r.aud.up == r.Streams })
	r.report.ConnectSeconds = round(time.Since(began).Seconds(), 2)
	if _, up := r.aud.count(); errors.Is(err, errLate) {
		return fmt.Errorf("only %d of %d streams were answered in %v", up, r.Streams, r.Patience)
	}
	if err != nil || r.report.Cost == nil {
		return err
	}
	r.report.Cost.ConnectCPU = r.each(r.server.since(r.streams), int64(r.Streams))
	if err := pause(ctx, min(settleStreams, settleStream*time.Duration(r.Streams))); err != nil {
		return err
	}
	now := r.server.use()
	r.report.Cost.Memory = round(float64(now.resident-r.streams.resident)/1024/float64(r.Streams), 2)
	r.report.Cost.Resident = round(float64(now.resident)/(1<<20), 1)
	return nil
}

// idle listens to nothing but heartbeats.
func (r *run) idle(ctx context.Context) error {
	began, before := time.Now(), r.server.use()
	r.meter.phase("listening", int64(r.Quiet.Seconds()), func() int64 { return int64(time.Since(began).Seconds()) })
	err := r.aud.await(ctx, r.Quiet, func() bool { return false }) // a stream that ends is an error
	if errors.Is(err, errLate) {
		err = nil
	}
	r.report.QuietSeconds = round(time.Since(began).Seconds(), 1)
	if r.report.Cost != nil {
		r.report.Cost.QuietCPU = round(100*r.server.since(before).Seconds()/time.Since(began).Seconds(), 3)
	}
	return err
}

// sum fills in what the ledger says.
func (r *run) sum() {
	r.aud.Lock()
	defer r.aud.Unlock()
	r.report.Streams, r.report.Ended = r.aud.up, r.aud.over
	r.report.Due, r.report.Lost = r.book.sums()
	r.report.Delivered = r.report.Due - r.report.Lost
	r.report.Doubled, r.report.Disordered, r.report.Foreign = r.book.doubled, r.book.disordered, r.book.foreign
	if r.report.Latency == nil {
		r.report.Latency = r.aud.late.summary()
	}
}

// each returns microseconds for each of n.
func (r *run) each(d time.Duration, n int64) float64 {
	return round(float64(d.Nanoseconds())/1e3/float64(max(n, 1)), 3)
}

// self is this process.
func self() processes { return processes{os.Getpid()} }

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
