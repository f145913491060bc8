package stream_test

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/stream"
	"github.com/belfryhq/belfry/storetest"
)

// tb is what a test, a benchmark and a property have in common.
type tb interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// A node is a hub on a store and a bus, with what an app and people do to them.
type node struct {
	t     tb
	store *storetest.Memory
	bus   belfry.Bus
	hub   *stream.Hub
	blind bool // rings of changed states do not say where the logs stood
}

// start makes a node; change may put another bus or a store that misbehaves before the hub.
func start(t tb, change ...func(*stream.Config)) *node {
	t.Helper()
	store := storetest.NewMemory()
	cfg := stream.Config{Store: store, Epoch: store.Epoch(), Bus: membus.New(), Logger: slog.New(slog.DiscardHandler)}
	for _, fn := range change {
		fn(&cfg)
	}
	hub, err := stream.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, store: store, bus: cfg.Bus, hub: hub}
	t.Cleanup(n.stop)
	return n
}

func (n *node) stop() {
	if err := n.hub.Close(context.Background()); err != nil {
		n.t.Errorf("close the hub: %v", err)
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func (n *node) ring(rings []belfry.Ring) {
	n.t.Helper()
	if err := n.bus.Ring(context.Background(), rings...); err != nil {
		n.t.Fatal(err)
	}
}

// accept stores a send and rings nothing.
func (n *node) accept(s belfry.Send) belfry.Accepted {
	n.t.Helper()
	out, err := n.store.Accept(context.Background(), []belfry.Accept{{
		Send: &s, At: now(),
		Decide: func(r *belfry.Recipient) belfry.Decision {
			return belfry.Decision{Inbox: r.Preferences.Allow(s.Category, belfry.InApp, s.Priority)}
		},
	}})
	if err != nil || out[0].Err != nil {
		n.t.Fatal(err, out)
	}
	return out[0]
}

func (n *node) send(user, title string) belfry.ID {
	n.t.Helper()
	out := n.accept(belfry.Send{To: belfry.ToUser(user), Category: "order", Title: title})
	n.ring(out.Rings)
	return out.ID
}

func (n *node) broadcast(title string) belfry.ID {
	n.t.Helper()
	out := n.accept(belfry.Send{To: belfry.ToAll(), Category: "news", Title: title})
	n.ring(out.Rings)
	return out.ID
}

// markQuietly changes states and rings nothing; the rings are returned.
func (n *node) markQuietly(user string, set belfry.StateChange, ids ...belfry.ID) []belfry.Ring {
	n.t.Helper()
	out, err := n.store.Mark(context.Background(), belfry.Mark{User: user, Set: set, IDs: ids, All: len(ids) == 0, At: now()})
	if err != nil {
		n.t.Fatal(err)
	}
	rings := make([]belfry.Ring, len(out.Changes))
	for i, c := range out.Changes {
		// The store tells only the last tally; one change at a time has its own.
		rings[i] = belfry.Ring{User: user, Change: c, Own: out.Tally.Own}
		if !n.blind {
			rings[i].Head = out.Cursor
		}
	}
	return rings
}

func (n *node) mark(user string, set belfry.StateChange, ids ...belfry.ID) {
	n.t.Helper()
	n.ring(n.markQuietly(user, set, ids...))
}

func (n *node) retract(id belfry.ID) {
	n.t.Helper()
	rings, err := n.store.Retract(context.Background(), id, now())
	if err != nil {
		n.t.Fatal(err)
	}
	n.ring(rings)
}

func (n *node) prefer(user string, p belfry.Preferences) {
	n.t.Helper()
	if err := n.store.SetPreferences(context.Background(), user, p); err != nil {
		n.t.Fatal(err)
	}
	n.ring([]belfry.Ring{{User: user, Mute: true}})
}

// list returns the whole inbox, with its counts and cursor.
func (n *node) list(user string) belfry.Page {
	n.t.Helper()
	page, err := n.store.List(context.Background(), belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 100_000, Now: now()})
	if err != nil {
		n.t.Fatal(err)
	}
	return page
}

func yes() *bool { v := true; return &v }

func no() *bool { v := false; return &v }

func titleOf(data string) string {
	_, rest, _ := strings.Cut(data, `"title":"`)
	title, _, _ := strings.Cut(rest, `"`)
	return title
}
