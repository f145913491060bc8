package stream_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// TestResumeFromEveryCursor: from whichever id the stream breaks, the rest follows as if it had not.
func TestResumeFromEveryCursor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		whole := n.open(stream.Request{User: "ada"})
		for i := range 6 {
			n.send("ada", fmt.Sprint("own", i))
			synctest.Wait()
			n.broadcast(fmt.Sprint("all", i))
			synctest.Wait()
		}
		want := titles(whole)
		for i, e := range whole.events() {
			p := n.open(stream.Request{User: "ada", LastEventID: e.ID})
			synctest.Wait()
			first := p.events()[0]
			if first.ID != e.ID || word(first) != "resumed 12 12" {
				t.Errorf("resumed from %s: began with %s %s", e.ID, first.ID, word(first))
			}
			at, err := belfry.ParseCursor(e.ID)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, title := range want {
				var k int64
				var kind string
				if _, err := fmt.Sscanf(title, "%3s%d", &kind, &k); err != nil {
					t.Fatal(err)
				}
				if kind == "all" && k >= at.Broadcast {
					left = append(left, title)
				}
			}
			for _, title := range want {
				var k int64
				if _, err := fmt.Sscanf(title, "own%d", &k); err == nil && k >= at.Seq {
					left = append(left, title)
				}
			}
			if diff := cmp.Diff(left, titles(p)); diff != "" {
				t.Errorf("event %d, from %s (-want +got):\n%s", i, e.ID, diff)
			}
			p.leave()
		}
	})
}

func titles(p *player) (out []string) {
	for _, e := range p.events() {
		if e.Name == "message" {
			out = append(out, titleOf(e.Data))
		}
	}
	return out
}

func TestResets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "one")
		n.broadcast("all")
		epoch := n.store.Epoch()
		for id, reason := range map[string]string{
			"nonsense":                      "epoch",
			epoch + "-1":                    "epoch",
			epoch + "--1-0":                 "epoch",
			epoch + "-01-0":                 "epoch",
			"zzzz-1-1":                      "epoch",
			epoch + "-2-1":                  "epoch",
			epoch + "-1-2":                  "epoch",
			epoch + "-9999999999999-0":      "epoch",
			epoch + "-99999999999999999999": "epoch",
		} {
			p := n.open(stream.Request{User: "ada", LastEventID: id})
			wantWords(t, p, "connection 2 2", "reset "+reason)
			head := epoch + "-1-1"
			for i, e := range p.events() {
				if e.ID != head {
					t.Errorf("%q: event %d has id %s, want %s", id, i, e.ID, head)
				}
			}
			if want, got := fmt.Sprintf(`{"reason":%q,"cursor":%q}`, reason, head), p.events()[1].Data; got != want {
				t.Errorf("%q: want %s, got %s", id, want, got)
			}
			p.leave()
		}
		if got := n.hub.Stats().Resets[belfry.ResetEpoch]; got != 9 {
			t.Errorf("want 9 resets counted, got %d", got)
		}
	})
}

func TestPrunedAndErased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		id := n.send("ada", "one")
		n.mark("ada", belfry.StateChange{Read: yes()}, id)
		wait(time.Second)
		if _, _, err := n.store.Prune(t.Context(), now(), now(), 100); err != nil {
			t.Fatal(err)
		}
		p := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-1-0"})
		wantWords(t, p, "connection 0 0", "reset pruned")
		n.send("ada", "two") // live goes on
		wantWords(t, p, "connection 0 0", "reset pruned", "message two", "counts 1 1")
		if err := n.store.EraseUser(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
		n.send("ada", "three") // the log goes on with higher numbers
		wait(stream.HoleWait)
		wantWords(t, p, "connection 0 0", "reset pruned", "message two", "counts 1 1", "reset pruned")
	})
}

// toggle makes ten entries of the log a time: cheaper than as many notifications.
func (n *node) toggle(user string, times int) (rings []belfry.Ring) {
	for range times / 2 {
		rings = append(rings, n.markQuietly(user, belfry.StateChange{Read: yes()})...)
		rings = append(rings, n.markQuietly(user, belfry.StateChange{Read: no()})...)
	}
	return rings
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		for i := range 10 {
			n.send("ada", fmt.Sprint(i))
		}
		n.toggle("ada", 500)
		p := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-9-0"})
		wantWords(t, p, "connection 10 10", "reset backlog")
		q := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-10-0"})
		wantWords(t, q, "resumed 10 10", "update 0", "update 1", "update 2", "update 3", "update 4", "update 5", "update 6",
			"update 7", "update 8", "update 9")
	})
}

// TestLateBeginning: the log of somebody new may begin at a high number, which is no backlog.
func TestLateBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("bob", "his")
		n.toggle("bob", 6000)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		if err := n.store.EraseUser(t.Context(), "bob"); err != nil {
			t.Fatal(err)
		}
		n.send("ada", "first")
		wait(stream.HoleWait)
		wantWords(t, p, "connection 0 0", "message first", "counts 1 1")
	})
}

// TestPages: a long way back is read in several pages, while more comes.
func TestPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, _ := startSlow(t, 10*time.Millisecond)
		var want []string
		for i := range 700 {
			want = append(want, fmt.Sprint(i))
			n.send("ada", want[i])
		}
		p := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-0-0"})
		wait(15 * time.Millisecond)
		n.broadcast("all")
		n.send("ada", "700")
		wait(time.Second)
		got := titles(p)
		if len(got) != 702 || n.hub.Stats().StoreReads != 4 {
			t.Fatalf("%d of 702 in %d reads", len(got), n.hub.Stats().StoreReads)
		}
		got = slices.DeleteFunc(got, func(title string) bool { return title == "all" })
		if diff := cmp.Diff(append(want, "700"), got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if got := lastWord(p); got != "counts 702 702" {
			t.Errorf("want counts 702 702, got %s", got)
		}
	})
}

// TestChangedAmongTheFirst: what was missed and changed since came once, as new, wherever the log is cut.
func TestChangedAmongTheFirst(t *testing.T) {
	t.Parallel()
	const missed = 40
	for name, test := range map[string]struct {
		change func(*node, []belfry.ID, belfry.ID)
		want   int // messages
	}{
		"the first":                {func(n *node, ids []belfry.ID, _ belfry.ID) { n.mark("ada", belfry.StateChange{Read: yes()}, ids[0]) }, missed + 1},
		"one further on":           {func(n *node, ids []belfry.ID, _ belfry.ID) { n.mark("ada", belfry.StateChange{Read: yes()}, ids[30]) }, missed + 1},
		"all":                      {func(n *node, _ []belfry.ID, _ belfry.ID) { n.mark("ada", belfry.StateChange{Seen: yes()}) }, missed + 1},
		"what all were told":       {func(n *node, _ []belfry.ID, all belfry.ID) { n.mark("ada", belfry.StateChange{Read: yes()}, all) }, missed + 1},
		"one that went":            {func(n *node, ids []belfry.ID, _ belfry.ID) { n.retract(ids[0]) }, missed},
		"what all were told, gone": {func(n *node, _ []belfry.ID, all belfry.ID) { n.retract(all) }, missed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := start(t)
				var ids []belfry.ID
				for i := range missed {
					ids = append(ids, n.send("ada", fmt.Sprint(i)))
				}
				test.change(n, ids, n.broadcast("all"))
				p := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-0-0"})
				synctest.Wait()
				if got := titles(p); len(got) != test.want {
					t.Errorf("want %d messages, got %q", test.want, p.words())
				}
				if words := p.words(); slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "update") }) {
					t.Errorf("want no update of what is new, got %q", words)
				}
			})
		})
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		for _, id := range []string{n.store.Epoch() + "-1-0-x", "another-7-7-x", "-x"} {
			p := n.open(stream.Request{User: "ada", LastEventID: id})
			<-p.done
			if p.err != nil || p.w.code != http.StatusNoContent || len(p.w.header) != 0 || len(p.w.bytes()) != 0 {
				t.Errorf("%s: want 204 and nothing else, got %d %v %q %v", id, p.w.code, p.w.header, p.w.bytes(), p.err)
			}
		}
		if got := n.hub.Stats().Opened; got != 0 {
			t.Errorf("want no stream opened, got %d", got)
		}
	})
}
