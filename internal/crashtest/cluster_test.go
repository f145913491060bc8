package crashtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCluster: nodes are killed, and restarted in turn as for an update, NATS and PostgreSQL go and come, while people roam from node to node. In the end everybody
// has what was promised, each once and in order, and their streams have told them so.
func TestCluster(t *testing.T) {
	t.Parallel()
	for name, withNATS := range map[string]bool{"nats": true, "postgres": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testCluster(t, withNATS)
		})
	}
}

func testCluster(t *testing.T, withNATS bool) {
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	rounds := int(setting(t, "CLUSTER_ROUNDS", 1))
	t.Logf("CRASH_SEED=%d", seed)
	h := newHerd(t, seed, withNATS)
	var people []*person
	var followers []*follower
	for i := range uint64(4) {
		p := newPerson(fmt.Sprintf("person %d", i+1))
		people = append(people, p)
		for device := range uint64(2) {
			f := newFollower(p, rand.New(rand.NewPCG(seed, 100+2*i+device)))
			f.patient = true
			followers = append(followers, f)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var following, writing sync.WaitGroup
	defer func() { // also after a failure
		cancel()
		writing.Wait()
		following.Wait()
	}()
	for _, f := range followers {
		following.Go(func() { h.roam(ctx, f) })
	}
	for _, f := range followers { // a stream without a cursor begins with what comes after it
		f.begun(t)
	}
	work, rest := context.WithCancel(ctx)
	for i := range uint64(4) {
		w := &writer{name: string(rune('a' + i)), people: people, ledger: h.ledger, rand: rand.New(rand.NewPCG(seed, 1+i))}
		writing.Go(func() { h.write(work, t, w) })
	}
	h.answers(t, 100)
	for range rounds {
		harms := []string{"a node is killed", "PostgreSQL is restarted", "a node is killed", "PostgreSQL crashes", "a node is killed", "the nodes are restarted in turn"}
		if withNATS {
			harms = append(harms, "NATS is away", "NATS is away")
		}
		h.rand.Shuffle(len(harms), func(i, j int) { harms[i], harms[j] = harms[j], harms[i] })
		for _, what := range harms {
			h.harm(t, what)
		}
	}
	rest()
	writing.Wait()
	for _, f := range followers {
		box := f.inbox(ctx, t, h.any(h.rand))
		if !f.waitFor(ctx, t, box.cursor, box.badge) {
			continue
		}
		if faults := audit(h.ledger, f, box); len(faults) > 0 {
			t.Errorf("%d faults:\n%s", len(faults), strings.Join(faults[:min(len(faults), 10)], "\n"))
		}
	}
	cancel()
	following.Wait()
	sends, acked := h.ledger.counts()
	resumed := 0
	for _, f := range followers {
		resumed += f.resumed
	}
	t.Logf("%d sends, %d answered; %d streams resumed", sends, acked, resumed)
	if t.Failed() {
		t.Logf("the nodes say:\n%s", h.say())
	}
}
