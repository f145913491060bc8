package crashtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// A fleet is many devices on all nodes of a herd, and senders that go to all nodes. Each device checks what it hears.
type fleet struct {
	*herd
	devices []*device
	lanes   []*lane

	crowd
	heard   int64
	resumed int
	drained int
	slowest time.Duration // from a send to its arrival at who listened, since the last look
}

// TestClusterFleet has CLUSTER_STREAMS (100) streams on each of three nodes, two for each person, and sends on all nodes, while the
// nodes are restarted in turn and killed, and what they stand on goes and comes: each device hears each notification once, those of
// a sender in the order in which they were sent. 5,000 streams want 20,000 open files in this process, and no -race.
func TestClusterFleet(t *testing.T) {
	t.Parallel()
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	each := int(setting(t, "CLUSTER_STREAMS", 100))
	rounds := int(setting(t, "CLUSTER_ROUNDS", 1))
	t.Logf("3 × %d streams, CRASH_SEED=%d", each, seed)
	f := &fleet{herd: newHerd(t, seed, true)}
	f.enlist(3*each, seed)
	ctx, cancel := context.WithCancel(t.Context())
	var living, sending sync.WaitGroup
	defer func() { // also after a failure
		cancel()
		sending.Wait()
		living.Wait()
	}()
	began := time.Now()
	gate := make(chan struct{}, 32) // the first time they come one after the other
	for _, d := range f.devices {
		living.Go(func() { d.live(ctx, gate) })
	}
	f.await(t, "all are there", func() bool { return f.up == len(f.devices) })
	connected := time.Since(began)
	work, rest := context.WithCancel(ctx)
	for _, l := range f.lanes {
		sending.Go(func() { l.run(work, t) })
	}
	f.answers(t, 300)
	f.mu.Lock()
	calm := f.slowest
	f.mu.Unlock()
	for range rounds {
		harms := []string{"a node is killed", "NATS is away", "the nodes are restarted in turn", "PostgreSQL is restarted", "a node is killed"}
		f.rand.Shuffle(len(harms), func(i, j int) { harms[i], harms[j] = harms[j], harms[i] })
		for _, what := range harms {
			f.harm(t, what)
		}
	}
	rest()
	sending.Wait()
	f.await(t, "all are back and have everything", func() bool {
		return f.up == len(f.devices) && !slices.ContainsFunc(f.devices, func(d *device) bool { return !d.whole() })
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults[:min(len(f.faults), 20)] {
		t.Error(fault)
	}
	if f.resumed < len(f.devices)/2 || f.drained == 0 {
		t.Errorf("the run was too quiet to show anything: %d resumed, %d drained", f.resumed, f.drained)
	}
	t.Logf("connected in %v; %d sends, %d deliveries, %d faults; %d streams were told to come back, %d resumed; at rest the longest delivery took %v; %v in all",
		connected, f.ledger.total(), f.heard, len(f.faults), f.drained, f.resumed, calm, time.Since(began))
	if t.Failed() {
		t.Logf("the nodes say:\n%s", f.say())
	}
}

// enlist makes the devices, two for each person, and a sender for each node.
func (f *fleet) enlist(streams int, seed uint64) {
	for i := range f.nodes {
		f.lanes = append(f.lanes, &lane{fleet: f, number: i, own: make([]int, (streams+1)/2), rand: rand.New(rand.NewPCG(seed, uint64(1+i)))})
	}
	for i := range streams {
		line := lifeline{person: newPerson(fmt.Sprint("fleet ", i/2)), crowd: &f.crowd}
		d := &device{fleet: f, lifeline: line, number: i / 2, rand: rand.New(rand.NewPCG(seed, uint64(1000+i)))}
		d.all, d.own = make([]int, len(f.lanes)), make([]int, len(f.lanes))
		f.devices = append(f.devices, d)
	}
}

// await waits until something holds, which is asked under the lock.
func (f *fleet) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(50*time.Millisecond), time.After(3*patience)
	defer tick.Stop()
	for {
		f.mu.Lock()
		ok, up, faults := holds(), f.up, f.faults
		f.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not in %v; %d are up; %d faults: %v\n%s", what, 3*patience, up, len(faults), faults[:min(len(faults), 20)], f.say())
		}
	}
}
