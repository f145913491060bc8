package stream_test

import (
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/stream"
	"github.com/belfryhq/belfry/storetest"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	closed := membus.New()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*stream.Config){
		"no store":           func(c *stream.Config) { c.Store = nil },
		"no bus":             func(c *stream.Config) { c.Bus = nil },
		"no epoch":           func(c *stream.Config) { c.Epoch = "" },
		"a slow heartbeat":   func(c *stream.Config) { c.Heartbeat = 30*time.Second + 1 },
		"a heartbeat before": func(c *stream.Config) { c.Heartbeat = -1 },
		"a negative cap":     func(c *stream.Config) { c.MaxPerUser = -1 },
		"a negative total":   func(c *stream.Config) { c.MaxConnections = -1 },
		"a negative recheck": func(c *stream.Config) { c.Recheck = -1 },
		"a closed bus":       func(c *stream.Config) { c.Bus = closed },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := stream.Config{Store: storetest.NewMemory(), Epoch: "3f9a", Bus: membus.New()}
			change(&cfg)
			if _, err := stream.New(cfg); err == nil {
				t.Error("want an error")
			}
		})
	}
}

// TestRingsWithoutListeners: what nobody hears leaves nothing behind, and whoever comes later begins at the head.
func TestRingsWithoutListeners(t *testing.T) {
	t.Parallel()
	n := start(t)
	n.send("ada", "one")
	n.broadcast("all")
	n.ring([]belfry.Ring{{User: "ada", Mute: true}, {User: "ada", Hangup: belfry.Hangup{Reason: belfry.CloseClosed}}, {Mute: true}})
	if got := n.hub.Stats(); got.Topics != 0 || got.StoreReads != 0 || got.Frames != 0 {
		t.Errorf("want nothing done, got %+v", got)
	}
	if got := n.hub.Hangup("ada", "", belfry.CloseClosed); got != 0 {
		t.Errorf("want none closed, got %d", got)
	}
}
