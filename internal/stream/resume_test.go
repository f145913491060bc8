package stream_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

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
		wait(1000)
		if _, err := n.store.Prune(t.Context(), now().Add(1000), now(), 100); err != nil {
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

func TestBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "first")
		for i := range 5001 {
			n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: fmt.Sprint(i)})
		}
		p := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-1-0"})
		wantWords(t, p, "connection 5002 5002", "reset backlog")
		q := n.open(stream.Request{User: "ada", LastEventID: n.store.Epoch() + "-2-0"})
		synctest.Wait()
		got := titles(q)
		if len(got) != 5000 || got[0] != "1" || got[4999] != "5000" {
			t.Errorf("want all 5000 in order, got %d", len(got))
		}
	})
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
