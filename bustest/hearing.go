package bustest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/belfryhq/belfry"
)

func testReach(t *testing.T, nodes []belfry.Bus) {
	var ears []*ear
	for _, b := range nodes {
		ears = append(ears, listen(t, b), listen(t, b))
	}
	for i, b := range nodes {
		ring(t, b, numbered("ada", int64(i+1)))
		for _, e := range ears {
			same(t, numbered("ada", int64(i+1)), e.next())
		}
	}
}

func testWhole(t *testing.T, nodes []belfry.Bus) {
	last := listen(t, nodes[len(nodes)-1])
	for _, r := range whole() {
		ring(t, nodes[0], r)
		same(t, r, last.next())
	}
}

func testOrder(t *testing.T, nodes []belfry.Bus) {
	const n = 1000
	for k, b := range nodes {
		base := int64(k * n)
		rings := make([]belfry.Ring, n)
		for i := range rings {
			rings[i] = mixed(base + int64(i) + 1)
		}
		e := listen(t, b)
		ring(t, nodes[0], rings...)
		for i := range rings {
			got := e.next()
			for place(got) <= base { // of the call before, which this node hears late
				got = e.next()
			}
			if got.User != rings[i].User || place(got) != place(rings[i]) {
				t.Fatalf("ring %d is %s %d", i, got.User, place(got)-base)
			}
		}
		e.stop()
	}
}

// mixed returns the nth of rings to several people, with broadcasts between: the order is of the call, not of a person.
func mixed(n int64) belfry.Ring {
	if n%3 > 0 {
		return numbered(fmt.Sprint("user", n%7), n)
	}
	r := numbered("", n)
	r.Change.Seq, r.Change.Broadcast = 0, n
	return r
}

func place(r belfry.Ring) int64 { return r.Change.Seq + r.Change.Broadcast }

func testMany(t *testing.T, nodes []belfry.Bus) {
	const ringers, each = 8, 100
	var ears []*ear
	for _, b := range nodes {
		ears = append(ears, listen(t, b))
	}
	var ringing sync.WaitGroup
	for k := range ringers {
		ringing.Go(func() {
			for i := range each {
				if err := nodes[k%len(nodes)].Ring(t.Context(), numbered(fmt.Sprint("user", k), int64(i+1))); err != nil {
					t.Errorf("ring: %v", err)
				}
			}
		})
	}
	ringing.Wait()
	for i, e := range ears {
		last := map[string]int64{}
		for range ringers * each {
			r := e.next()
			if r.Change.Seq != last[r.User]+1 {
				t.Fatalf("node %d heard %s %d after %d", i, r.User, r.Change.Seq, last[r.User])
			}
			last[r.User]++
		}
	}
}

func testNobody(t *testing.T, nodes []belfry.Bus) {
	ring(t, nodes[0], numbered("ada", 1))
	ring(t, nodes[0])
	e := listen(t, nodes[0])
	ring(t, nodes[0], numbered("ada", 2))
	e.until(2) // the first may arrive late; the second must
}

func testRingInside(t *testing.T, nodes []belfry.Bus) {
	e := listen(t, nodes[0])
	answered := make(chan error, 1)
	stop, err := nodes[0].Listen(func(r belfry.Ring) {
		if r.Change.Seq == 1 {
			answered <- nodes[0].Ring(t.Context(), numbered("ada", 2))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ring(t, nodes[0], numbered("ada", 1))
	if err := <-answered; err != nil {
		t.Errorf("ring from a listener: %v", err)
	}
	e.until(2)
	stop()
}

// testCanceled: what was committed is told, even when the request that did it has ended meanwhile; at the least it is not
// an error that passes for success.
func testCanceled(t *testing.T, nodes []belfry.Bus) {
	e := listen(t, nodes[0])
	if err := nodes[0].Ring(canceled(t), numbered("ada", 1)); err == nil {
		e.until(1)
	}
}
