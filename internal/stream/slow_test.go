package stream_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// TestSlowReader: whoever does not read delays nobody, costs no memory that grows with what they miss, and loses nothing
// when they read on.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		slow, quick := n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "ada"})
		synctest.Wait()
		slow.w.block()
		body := strings.Repeat("x", 2000)
		for i := range 600 {
			out := n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: fmt.Sprint(i), Body: body})
			n.ring(out.Rings)
			if i%10 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if got := len(titles(quick)); got != 600 {
			t.Errorf("the quick reader has %d of 600", got)
		}
		if frames, size := n.hub.Held("ada"); frames > 256 || size > 256<<10 {
			t.Errorf("%d frames, %d bytes are held for the slow one", frames, size)
		}
		slow.w.unblock()
		synctest.Wait()
		got := titles(slow)
		for i, title := range got {
			if title != fmt.Sprint(i) {
				t.Fatalf("entry %d is %s", i, title)
			}
		}
		if len(got) != 600 || lastWord(slow) != "counts 600 600" {
			t.Errorf("the slow reader has %d of 600, and at last %s", len(got), lastWord(slow))
		}
		if frames, size := n.hub.Held("ada"); frames != 0 || size != 0 {
			t.Errorf("%d frames, %d bytes are held though all have them", frames, size)
		}
	})
}

// TestDeadReader: a write that takes 20 s ends the stream, and its last id continues it elsewhere.
func TestDeadReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.send("ada", "one")
		synctest.Wait()
		p.w.block()
		began := time.Now()
		n.send("ada", "two")
		<-p.done
		if got := time.Since(began); got != 20*time.Second {
			t.Errorf("cut off after %v", got)
		}
		events := p.events()
		again := n.open(stream.Request{User: "ada", LastEventID: events[len(events)-1].ID})
		wantWords(t, again, "resumed 2 2", "message two")
	})
}

// TestFarBehind: who fell further behind than a stream replays is told to load the list.
func TestFarBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.send("ada", "0")
		synctest.Wait()
		p.w.block()
		for i := range 9 {
			n.send("ada", fmt.Sprint(i+1))
			synctest.Wait()
		}
		n.ring(n.toggle("ada", 502))
		p.w.unblock()
		wantWords(t, p, "connection 0 0", "message 0", "counts 1 1", "message 1", "counts 2 2", "reset backlog", "counts 10 10")
		n.send("ada", "live")
		synctest.Wait()
		if got := lastWord(p); got != "counts 11 11" {
			t.Errorf("live does not go on: %s", got)
		}
	})
}

func TestNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "before")
		p := n.open(stream.Request{User: "ada", Named: true, LastEventID: n.store.Epoch() + "-0-0"})
		plain := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		n.send("ada", "one")
		wantWords(t, p, "resumed 1 1", "notification before", "notification one", "counts 2 2")
		wantWords(t, plain, "connection 1 1", "message one", "counts 2 2")
	})
}

// TestReplaced: a notification sent again under its key comes as a new one.
func TestReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		var ids []belfry.ID
		for _, title := range []string{"first", "second"} {
			out := n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: title, DedupeKey: "k"})
			n.ring(out.Rings)
			synctest.Wait()
			n.mark("ada", belfry.StateChange{Read: yes()}, out.ID)
			synctest.Wait()
			ids = append(ids, out.ID)
		}
		if ids[0] != ids[1] {
			t.Errorf("two ids: %v", ids)
		}
		wantWords(t, p, "connection 0 0", "message first", "counts 1 1", "update first read", "counts 0 1",
			"message second", "counts 1 1", "update second read", "counts 0 1")
	})
}
