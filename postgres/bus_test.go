package postgres_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/bustest"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

func openBus(t *testing.T, url, epoch string) *postgres.Bus {
	t.Helper()
	b, err := postgres.OpenBus(t.Context(), url, epoch, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func TestBusContract(t *testing.T) {
	t.Parallel()
	for name, nodes := range map[string]int{"one node": 1, "three nodes": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bustest.Run(t, func(t *testing.T) []belfry.Bus {
				return openBuses(t, nodes)
			})
			bustest.RunPeers(t, func(t *testing.T) []belfry.Bus { return openBuses(t, nodes) })
		})
	}
}

func openBuses(t *testing.T, nodes int) (all []belfry.Bus) {
	t.Helper()
	epoch := strings.ToLower(rand.Text()[:8])
	for range nodes {
		all = append(all, openBus(t, shared.URL("postgres"), epoch))
	}
	return all
}

// TestBusPayload: a ring that no payload holds makes its person's streams ask the store.
func TestBusPayload(t *testing.T) {
	t.Parallel()
	a, b := openBus(t, shared.URL("postgres"), "payload"), openBus(t, shared.URL("postgres"), "payload")
	heard := make(chan belfry.Ring, 1000)
	if _, err := b.Listen(func(r belfry.Ring) { heard <- r }); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1000, 5000, 5800, 6000, 100_000} {
		n := belfry.Notification{Title: strings.Repeat("x", size)}
		if err := a.Ring(t.Context(), belfry.Ring{User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: int64(size), Notification: n}}); err != nil {
			t.Fatal(err)
		}
		bustest.Await(t, heard, "the ring, or the word to ask", func(r belfry.Ring) bool {
			return r.User == "ada" && (r.Change.Seq == int64(size) && len(r.Change.Notification.Title) == size || r.Mute && size > 5000)
		})
	}
}

// TestBusServerGone: the nodes outlive an outage of the server.
func TestBusServerGone(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	nodes := []belfry.Bus{openBus(t, server.URL("postgres"), "gone"), openBus(t, server.URL("postgres"), "gone")}
	do := func(change func() error) func() {
		return func() {
			if err := change(); err != nil {
				t.Fatal(err)
			}
		}
	}
	bustest.RunOutage(t, nodes, do(server.Stop), do(server.Run))
}
