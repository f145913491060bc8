package stream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// reads counts the reads of the store that something causes.
func (n *node) reads(by func()) int64 {
	before := n.hub.Stats().StoreReads
	by()
	synctest.Wait()
	return n.hub.Stats().StoreReads - before
}

// comeBack opens a stream where another has ended.
func (n *node) comeBack(from *player) *player {
	events := from.events()
	from.leave()
	return n.open(stream.Request{User: "ada", LastEventID: events[len(events)-1].ID})
}

// TestComingBackCostsNoRead: at the head, within what was missed, in a new tab, and with no cursor at all.
func TestComingBackCostsNoRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "before")
		n.broadcast("old")
		p := n.open(stream.Request{User: "ada"})
		wantWords(t, p, "connection 2 2")
		var q, tab *player
		if got := n.reads(func() { q = n.comeBack(p) }); got != 0 {
			t.Errorf("%d reads for one who stands at the head", got)
		}
		wantWords(t, q, "resumed 2 2")
		if got := n.reads(func() { tab = n.open(stream.Request{User: "ada"}) }); got != 0 {
			t.Errorf("%d reads for a new tab", got)
		}
		wantWords(t, tab, "connection 2 2")
		last := q.events()[0].ID
		q.leave()
		tab.leave()
		var id belfry.ID
		if got := n.reads(func() {
			id = n.send("ada", "missed")
			n.broadcast("news")
			n.mark("ada", belfry.StateChange{Read: yes()}, id)
			q = n.open(stream.Request{User: "ada", LastEventID: last})
		}); got != 0 {
			t.Errorf("%d reads for one who missed little", got)
		}
		wantWords(t, q, "resumed 3 4", "message news", "message missed", "update missed read")
		n.send("ada", "live")
		wantWords(t, q, "resumed 3 4", "message news", "message missed", "update missed read", "message live", "counts 4 5")
		if s := n.hub.Stats(); s.Topics != 1 || s.Lingering != 0 {
			t.Errorf("%d topics, %d linger", s.Topics, s.Lingering)
		}
	})
}

// TestWhatMemoryDoesNotKnow: where it is not certain, the store is asked, as ever.
func TestWhatMemoryDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		while func(*node) // nobody is connected
		want  []string
	}{
		"much was missed": {func(n *node) {
			for i := range 9 {
				n.send("ada", fmt.Sprint(i))
			}
		}, []string{"resumed 10 10", "message 0", "message 1", "message 2", "message 3", "message 4", "message 5", "message 6", "message 7", "message 8"}},
		"what was missed is large": {func(n *node) {
			out := n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "large", Body: strings.Repeat("x", 5000)})
			n.ring(out.Rings)
		}, []string{"resumed 2 2", "message large"}},
		"a ring was lost": {func(n *node) {
			n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "unheard"})
			n.send("ada", "heard")
		}, []string{"resumed 3 3", "message unheard", "message heard"}},
		"preferences changed": {func(n *node) {
			n.prefer("ada", belfry.Preferences{"news": {belfry.InApp: false}})
			n.broadcast("hidden")
		}, []string{"resumed 1 1"}},
		"a broadcast was taken back": {func(n *node) { n.retract(n.broadcast("oops")) }, []string{"resumed 1 1"}},
		"the person was erased": {func(n *node) {
			if err := n.store.EraseUser(context.Background(), "ada"); err != nil {
				n.t.Fatal(err)
			}
			n.ring([]belfry.Ring{{User: "ada", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}}})
		}, []string{"connection 0 0", "reset pruned"}},
		"too long ago": {func(*node) { wait(5 * time.Minute) }, []string{"resumed 1 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := start(t)
				n.send("ada", "before")
				p := n.open(stream.Request{User: "ada"})
				wantWords(t, p, "connection 1 1")
				last := p.events()[0].ID
				p.leave()
				tt.while(n)
				if got := n.reads(func() { p = n.open(stream.Request{User: "ada", LastEventID: last}) }); got == 0 {
					t.Error("the store was not asked")
				}
				wantWords(t, p, tt.want...)
			})
		})
	}
}

// TestHiddenBefore: what was hidden from a person moves no cursor of theirs, and stays hidden from whoever comes back.
func TestHiddenBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		other := n.open(stream.Request{User: "bob"}) // for him the frames are held
		n.prefer("ada", belfry.Preferences{"news": {belfry.InApp: false}})
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.broadcast("hidden")
		synctest.Wait()
		n.prefer("ada", belfry.Preferences{})
		synctest.Wait()
		wantWords(t, p, "connection 0 0")
		p = n.comeBack(p)
		wantWords(t, p, "resumed 0 0")
		n.broadcast("shown")
		wantWords(t, p, "resumed 0 0", "message shown", "counts 1 1")
		wantWords(t, other, "connection 0 0", "message hidden", "counts 1 1", "message shown", "counts 2 2")
	})
}

// TestForeignCursors: a cursor that memory cannot judge is the store's to judge.
func TestForeignCursors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "one")
		n.open(stream.Request{User: "ada"})
		synctest.Wait()
		for cursor, want := range map[string][]string{
			"beef-1-0":               {"connection 1 1", "reset epoch"},
			n.store.Epoch() + "-2-0": {"connection 1 1", "reset epoch"},
			n.store.Epoch() + "-1-5": {"connection 1 1", "reset epoch"},
			n.store.Epoch() + "-0-0": {"resumed 1 1", "message one"},
			"no cursor":              {"connection 1 1", "reset epoch"},
		} {
			p := n.open(stream.Request{User: "ada", LastEventID: cursor})
			wantWords(t, p, want...)
		}
	})
}

// TestLingeringEnds: topics that nobody comes back to are forgotten after a while, and the oldest when there are too many.
func TestLingeringEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		const people = 40_000
		for i := range people {
			p := n.open(stream.Request{User: fmt.Sprint("user", i)})
			synctest.Wait()
			p.leave()
		}
		s := n.hub.Stats()
		if s.Topics != 0 || s.Lingering > 32<<10 || s.Lingering < 30<<10 {
			t.Errorf("%d topics, %d linger of %d", s.Topics, s.Lingering, people)
		}
		n.broadcast("news")
		wait(3 * time.Minute)
		if s := n.hub.Stats(); s.Lingering != 0 {
			t.Errorf("%d still linger", s.Lingering)
		}
		n.broadcast("passes") // unheard by anybody
		p := n.open(stream.Request{User: "user1"})
		wantWords(t, p, "connection 2 2")
		n.broadcast("live")
		wantWords(t, p, "connection 2 2", "message live", "counts 3 3")
	})
}

// TestRecallIsNotOlderThanRecheck: on a bus that loses rings, what was heard long ago is not trusted.
func TestRecallIsNotOlderThanRecheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *stream.Config) { c.Recheck = 20 * time.Second })
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		if got := n.reads(func() { p = n.comeBack(p) }); got != 0 {
			t.Errorf("%d reads", got)
		}
		n.broadcast("unheard of her own log")
		wait(19 * time.Second)
		n.broadcast("heard")
		synctest.Wait()
		last := p.events()
		p.leave()
		n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "unheard"})
		wait(2 * time.Second)
		if got := n.reads(func() { p = n.open(stream.Request{User: "ada", LastEventID: last[len(last)-1].ID}) }); got != 1 {
			t.Errorf("%d reads, want 1", got)
		}
		wantWords(t, p, "resumed 3 3", "message unheard")
	})
}
