package bustest

import (
	"slices"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// RunOutage tests a bus whose nodes, at least two, hear each other through a server: stop takes the server away from all of
// them, and start brings it back where it was. Both return when it is so. While it is away a node hears itself, and says that it does not
// hear others; when it is back, every listener is told to ask the store, and rings arrive again. The caller closes the nodes.
func RunOutage(t *testing.T, nodes []belfry.Bus, stop, start func()) {
	t.Helper()
	if len(nodes) < 2 {
		t.Fatal("an outage is between nodes")
	}
	var ears []*ear
	for _, b := range nodes {
		ears = append(ears, listen(t, b))
	}
	is := func(n int64) func(belfry.Ring) bool { return func(r belfry.Ring) bool { return r.Change.Seq == n } }

	stop()
	ring(t, nodes[0], numbered("ada", 1)) // before it is noticed
	Await(t, ears[0].heard, "its own ring", is(1))
	pings(t, "the loss is not noticed", nodes, false)
	ring(t, nodes[0], numbered("ada", 2))
	Await(t, ears[0].heard, "its own ring while the server is away", is(2))

	start()
	for _, e := range ears {
		Await(t, e.heard, "the word to ask the store", func(r belfry.Ring) bool { return r.Mute && r.User == "" })
	}
	ring(t, nodes[0], numbered("ada", 3))
	for _, e := range ears {
		Await(t, e.heard, "a ring after the return", is(3))
	}
	pings(t, "the return is not noticed", nodes, true)
}

// pings asks until the ping of each node succeeds, or until each fails.
func pings(t *testing.T, otherwise string, nodes []belfry.Bus, well bool) {
	t.Helper()
	stuck := time.After(recovery)
	differs := func(b belfry.Bus) bool { return (b.Ping(t.Context()) == nil) != well }
	for slices.ContainsFunc(nodes, differs) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-stuck:
			t.Fatal(otherwise)
		}
	}
}
