package stream_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// TestHoleIsFilledByTheStore: a lost ring costs 50 ms and one read, not the entry.
func TestHoleIsFilledByTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		before := store.reads.Load()
		n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "unheard"})
		n.send("ada", "heard")
		wait(stream.HoleWait - time.Millisecond)
		wantWords(t, p, "connection 0 0")
		wait(time.Millisecond)
		wantWords(t, p, "connection 0 0", "message unheard", "message heard", "counts 2 2")
		if got := store.reads.Load() - before; got != 1 {
			t.Errorf("want one read, got %d", got)
		}
		swapped := n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "third"})
		n.send("ada", "fourth")
		n.ring(swapped.Rings)
		wait(time.Second)
		if got := store.reads.Load() - before; got != 1 {
			t.Errorf("swapped rings made it read the store")
		}
		if got := lastWord(p); got != "counts 4 4" {
			t.Errorf("want counts 4 4, got %v", p.words())
		}
	})
}

// TestLostBroadcastIsReadOnce: for everyone together, not by everyone.
func TestLostBroadcastIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		var all []*player
		for i := range 100 {
			all = append(all, n.open(stream.Request{User: fmt.Sprint("user", i)}))
		}
		synctest.Wait()
		before := store.reads.Load()
		n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "unheard"})
		n.broadcast("heard")
		wait(time.Second)
		for _, p := range all {
			wantWords(t, p, "connection 0 0", "message unheard", "message heard", "counts 2 2")
		}
		if got := store.reads.Load() - before; got != 2 {
			t.Errorf("want 2 reads for 100 streams, got %d", got)
		}
		store.fail(errors.New("gone for lunch"))
		n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "third"})
		n.broadcast("fourth")
		wait(time.Second)
		store.fail(nil)
		wait(5 * time.Second)
		for _, p := range all {
			if got := lastWord(p); got != "counts 4 4" {
				t.Fatalf("want counts 4 4 in the end, got %v", p.words())
			}
		}
	})
}

// TestMuted: what the store hides from a person, no ring may show.
func TestMuted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.prefer("ada", belfry.Preferences{"news": {belfry.InApp: false}})
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.broadcast("hidden")
		n.send("ada", "shown")
		wantWords(t, p, "connection 0 0", "message shown", "counts 1 1")
		n.prefer("ada", belfry.Preferences{})
		synctest.Wait()
		n.broadcast("all")
		wantWords(t, p, "connection 0 0", "message shown", "counts 1 1", "message all", "counts 2 2")
		reads := n.hub.Stats().StoreReads
		n.broadcast("again")
		synctest.Wait()
		if got := n.hub.Stats().StoreReads - reads; got != 0 {
			t.Errorf("read the store %d times for somebody who mutes nothing", got)
		}
		n.prefer("ada", belfry.Preferences{"news": {belfry.InApp: false}})
		synctest.Wait()
		n.broadcast("hidden again")
		wantWords(t, p, "connection 0 0", "message shown", "counts 1 1", "message all", "counts 2 2", "message again", "counts 3 3")
	})
}

// TestRecheck: the last ring before a silence may be lost, too.
func TestRecheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *stream.Config) { c.Recheck = 20 * time.Second })
		p, q := n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "ada"})
		wait(time.Second)
		n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "unheard"})
		n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "nor this"})
		reads := n.hub.Stats().StoreReads
		wait(19*time.Second - time.Millisecond)
		wantWords(t, p, "connection 0 0")
		wait(stream.HoleWait + time.Millisecond)
		wantWords(t, p, "connection 0 0", "message nor this", "message unheard", "counts 2 2")
		wantWords(t, q, "connection 0 0", "message nor this", "message unheard", "counts 2 2")
		wait(10 * time.Minute)
		if got := n.hub.Stats().StoreReads - reads; got > 40 {
			t.Errorf("a silent topic was asked for %d times in ten minutes", got)
		}
	})
}

// TestRecheckOfTheBusy: rings of their own do not keep a person from learning of what was lost, which no hole shows.
func TestRecheckOfTheBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *stream.Config) { c.Recheck = 20 * time.Second })
		p := n.open(stream.Request{User: "ada"})
		wait(time.Second)
		n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "unheard"})
		reads := n.hub.Stats().StoreReads
		for i := range 18 {
			n.send("ada", fmt.Sprint("own ", i))
			wait(time.Second)
		}
		if slices.Contains(p.words(), "message unheard") {
			t.Fatal("the ring was not lost")
		}
		for i := range 3 {
			n.send("ada", fmt.Sprint("own ", 18+i))
			wait(time.Second)
		}
		if words := p.words(); !slices.Contains(words, "message unheard") || lastWord(p) != "counts 22 22" {
			t.Errorf("not found after 21 s: %v", words[len(words)-3:])
		}
		for i := range 600 {
			n.send("ada", fmt.Sprint("more ", i))
			wait(time.Second)
		}
		if got := n.hub.Stats().StoreReads - reads; got > 40 {
			t.Errorf("a busy topic was asked for %d times in ten minutes", got)
		}
	})
}

// TestChangeOvertakesItsBroadcast: a person's change of a broadcast waits for the broadcast, whose own ring may be late or lost.
func TestChangeOvertakesItsBroadcast(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"late": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n, store := startSlow(t, 0)
				p := n.open(stream.Request{User: "ada"})
				synctest.Wait()
				before := store.reads.Load()
				out := n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: "all"})
				n.mark("ada", belfry.StateChange{Read: yes()}, out.ID)
				wantWords(t, p, "connection 0 0")
				if !lost {
					n.ring(out.Rings)
				} else {
					wait(stream.HoleWait)
				}
				wantWords(t, p, "connection 0 0", "message all", "update all read", "counts 0 1")
				want := map[bool]int64{false: 0, true: 2}[lost]
				if got := store.reads.Load() - before; got != want {
					t.Errorf("want %d reads, got %d", want, got)
				}
			})
		})
	}
}

// TestRingFromNowhere: a number that the store has not got (it was set back, or lags) neither spins nor deafens.
func TestRingFromNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.ring([]belfry.Ring{
			{User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 1000}},
			{Change: belfry.Change{Kind: belfry.Created, Broadcast: 1000}},
		})
		before := store.reads.Load()
		wait(time.Minute)
		if got := store.reads.Load() - before; got > 60 {
			t.Errorf("asked the store %d times in a minute", got)
		}
		n.send("ada", "one")
		n.broadcast("all")
		wait(6 * time.Second)
		wantWords(t, p, "connection 0 0", "heartbeat", "heartbeat", "message all", "message one", "counts 2 2")
	})
}
