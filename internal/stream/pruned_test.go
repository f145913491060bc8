package stream_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// prune removes what is old by now, and rings.
func (n *node) prune() {
	n.t.Helper()
	rings, more, err := n.store.Prune(context.Background(), now(), now(), 100)
	if err != nil || more {
		n.t.Fatal(err, more)
	}
	n.ring(rings)
}

// TestPrunedUnread: what retention takes out of the inbox is no longer counted in an open stream, whoever had read it, in no
// stream twice, and not by the next ring either.
func TestPrunedUnread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		id := n.broadcast("old")
		n.mark("ada", belfry.StateChange{Read: yes()}, id)
		ada, bob, away := n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "bob"}), n.open(stream.Request{User: "cy"})
		wantWords(t, ada, "connection 0 1")
		wantWords(t, bob, "connection 1 1")
		wantWords(t, away, "connection 1 1")
		last := away.events()[0].ID
		away.leave()
		wait(time.Second)
		if got := n.reads(n.prune); got != 2 {
			t.Errorf("%d reads for two streams", got)
		}
		wantWords(t, ada, "connection 0 1", "counts 0 0")
		wantWords(t, bob, "connection 1 1", "counts 0 0")
		if got := n.reads(n.prune); got != 0 {
			t.Errorf("%d reads when nothing was removed", got)
		}
		wantWords(t, n.open(stream.Request{User: "cy", LastEventID: last}), "resumed 0 0")
		if got := n.reads(func() {
			n.send("bob", "own")
			synctest.Wait()
			n.broadcast("young")
		}); got != 0 {
			t.Errorf("%d reads for what rings tell", got)
		}
		wantWords(t, bob, "connection 1 1", "counts 0 0", "message own", "counts 1 1", "message young", "counts 2 2")
		wantWords(t, ada, "connection 0 1", "counts 0 0", "message young", "counts 1 1")
	})
}

// TestPrunedWhileNobodyListens: what the hub remembers of the broadcasts is corrected by whoever comes next.
func TestPrunedWhileNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.broadcast("old")
		p := n.open(stream.Request{User: "ada"})
		wantWords(t, p, "connection 1 1")
		p.leave()
		wait(time.Hour) // nobody lingers
		n.prune()
		p = n.open(stream.Request{User: "bob"})
		wantWords(t, p, "connection 0 0")
		n.send("bob", "own")
		wantWords(t, p, "connection 0 0", "message own", "counts 1 1")
	})
}

// TestPrunedOvertaken: a ring of before that is heard after the prune, and says of the broadcasts what was true then, does not
// stay.
func TestPrunedOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.broadcast("old")
		p := n.open(stream.Request{User: "ada"})
		wantWords(t, p, "connection 1 1")
		wait(time.Second)
		late := n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "late"})
		rings, _, err := n.store.Prune(t.Context(), now(), now(), 100)
		if err != nil {
			t.Fatal(err)
		}
		n.ring(rings)
		n.ring(late.Rings)
		wantWords(t, p, "connection 1 1", "message late")
		n.send("ada", "own")
		wantWords(t, p, "connection 1 1", "message late", "message own", "counts 2 2")
	})
}
