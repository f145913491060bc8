package bustest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/belfryhq/belfry"
)

func testStop(t *testing.T, nodes []belfry.Bus) {
	stopped, other := listen(t, nodes[0]), listen(t, nodes[0])
	ring(t, nodes[0], numbered("ada", 1))
	stopped.until(1)
	other.until(1)
	stopped.stop()
	ring(t, nodes[0], numbered("ada", 2))
	other.until(2)
	if n := len(stopped.heard); n != 0 {
		t.Errorf("%d rings were heard after stop", n)
	}
	stopped.stop() // does nothing
}

func testStopWaits(t *testing.T, nodes []belfry.Bus) {
	entered, release := make(chan struct{}), make(chan struct{})
	var inside atomic.Bool
	stop, err := nodes[0].Listen(func(belfry.Ring) {
		inside.Store(true)
		close(entered)
		<-release
		inside.Store(false)
	})
	if err != nil {
		t.Fatal(err)
	}
	var ringing sync.WaitGroup
	ringing.Go(func() {
		if err := nodes[0].Ring(t.Context(), numbered("ada", 1)); err != nil {
			t.Errorf("ring: %v", err)
		}
	})
	<-entered
	ringing.Go(func() { close(release) })
	stop()
	if inside.Load() {
		t.Error("stop returned while the listener was running")
	}
	ringing.Wait()
}

func testStopRaced(t *testing.T, nodes []belfry.Bus) {
	var ringing sync.WaitGroup
	done := make(chan struct{})
	for _, b := range nodes {
		ringing.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := b.Ring(t.Context(), numbered("ada", n)); err != nil {
					t.Errorf("ring: %v", err)
					return
				}
			}
		})
	}
	for range 100 {
		var stopped atomic.Bool
		stop, err := nodes[0].Listen(func(belfry.Ring) {
			if stopped.Load() {
				t.Error("called after stop")
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		stop()
		stopped.Store(true)
	}
	close(done)
	ringing.Wait()
}

func testPing(t *testing.T, nodes []belfry.Bus) {
	for i, b := range nodes {
		if err := b.Ping(t.Context()); err != nil {
			t.Errorf("ping of node %d: %v", i, err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("close of node %d: %v", i, err)
		}
		if err := b.Ping(t.Context()); err == nil {
			t.Errorf("ping of node %d, which is closed, finds nothing wrong", i)
		}
	}
}

func testClose(t *testing.T, nodes []belfry.Bus) {
	e := listen(t, nodes[0])
	for range 2 {
		if err := nodes[0].Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	if err := nodes[0].Ring(t.Context(), numbered("ada", 1)); err == nil {
		t.Error("a closed bus rings")
	}
	if _, err := nodes[0].Listen(func(belfry.Ring) {}); err == nil {
		t.Error("a closed bus listens")
	}
	if n := len(e.heard); n != 0 {
		t.Errorf("%d rings were heard after Close", n)
	}
	e.stop() // after Close it has nothing to do
	if len(nodes) > 1 {
		others := listen(t, nodes[1])
		ring(t, nodes[1], numbered("ada", 2))
		others.until(2)
	}
}

func testCloseRaced(t *testing.T, nodes []belfry.Bus) {
	var closed atomic.Bool
	if _, err := nodes[0].Listen(func(belfry.Ring) {
		if closed.Load() {
			t.Error("called after Close")
		}
	}); err != nil {
		t.Fatal(err)
	}
	var ringing sync.WaitGroup
	for range 4 {
		ringing.Go(func() {
			for n := int64(1); nodes[0].Ring(t.Context(), numbered("ada", n)) == nil; n++ {
				if n > 1_000_000 {
					t.Error("the bus does not close")
					return
				}
			}
		})
	}
	if err := nodes[0].Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	closed.Store(true)
	ringing.Wait()
}
