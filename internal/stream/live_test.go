package stream_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

func wantWords(t *testing.T, p *player, want ...string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, p.words()); diff != "" {
		t.Errorf("the stream differs (-want +got):\n%s", diff)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		n.send("ada", "before")
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		first := n.send("ada", "one")
		synctest.Wait()
		n.mark("ada", belfry.StateChange{Read: yes()}, first)
		synctest.Wait()
		n.broadcast("all")
		synctest.Wait()
		n.retract(first)
		n.send("bob", "not hers")
		wantWords(t, p, "connection 1 1", "message one", "counts 2 2", "update one read", "counts 1 2",
			"message all", "counts 2 3", "delete", "counts 2 2")
		epoch := n.store.Epoch()
		var ids []string
		for _, e := range p.events() {
			ids = append(ids, e.ID)
		}
		want := []string{"1-0", "2-0", "2-0", "3-0", "3-0", "3-1", "3-1", "4-1", "4-1"}
		for i := range want {
			want[i] = epoch + "-" + want[i]
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("ids differ (-want +got):\n%s", diff)
		}
	})
}
