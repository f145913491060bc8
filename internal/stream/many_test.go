package stream_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// TestManyConverge: 200 streams of 40 people, while apps send and people mark and take back at once, all end where the
// list is.
func TestManyConverge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		var all []*follower
		for i := range 200 {
			f := &follower{client: newClient(), user: fmt.Sprint("user", i%40)}
			f.load(n.list(f.user))
			f.stream = n.open(stream.Request{User: f.user, LastEventID: f.lastID})
			all = append(all, f)
		}
		var acting sync.WaitGroup
		for k := range 8 {
			acting.Go(func() { n.act(rand.New(rand.NewPCG(1, uint64(k)))) })
		}
		acting.Wait()
		wait(time.Second)
		pages := map[string]belfry.Page{}
		for _, f := range all {
			if _, ok := pages[f.user]; !ok {
				pages[f.user] = n.list(f.user)
			}
			if err := f.play(f.stream.events()); err != nil {
				t.Fatalf("%s: %v", f.user, err)
			}
			if diff := f.differs(pages[f.user]); diff != "" {
				t.Fatalf("%s: %s", f.user, diff)
			}
		}
	})
}

// act is one of several who change inboxes at once.
func (n *node) act(random *rand.Rand) {
	var ids []belfry.ID
	for i := range 60 {
		user := fmt.Sprint("user", random.IntN(40))
		switch k := random.IntN(10); {
		case k < 5 || len(ids) == 0:
			ids = append(ids, n.send(user, fmt.Sprint(i)))
		case k < 6:
			ids = append(ids, n.broadcast(fmt.Sprint(i)))
		case k < 9:
			set := belfry.StateChange{Read: yes()}
			if random.IntN(3) == 0 {
				set = belfry.StateChange{Archived: yes(), Read: no()}
			}
			n.mark(user, set, ids[random.IntN(len(ids))])
		default:
			last := len(ids) - 1
			n.retract(ids[last])
			ids = ids[:last]
		}
	}
}
