package bustest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// patience is how long a ring may take to arrive. Nothing waits so long unless it fails.
const patience = 10 * time.Second

// Run tests a bus. Each call of open makes a new one: its nodes, at least one, which hear each other and nobody else. The suite
// closes them.
func Run(t *testing.T, open func(t *testing.T) []belfry.Bus) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, []belfry.Bus){
		"every listener on every node hears": testReach,
		"a ring arrives whole":               testWhole,
		"rings of one call keep their order": testOrder,
		"many ring at once":                  testMany,
		"a ring with nobody listening":       testNobody,
		"a stopped listener hears no more":   testStop,
		"stop waits for a call under way":    testStopWaits,
		"stop while others ring":             testStopRaced,
		"a listener may ring":                testRingInside,
		"a sender who has gone away":         testCanceled,
		"ping":                               testPing,
		"close":                              testClose,
		"close while others ring":            testCloseRaced,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := open(t)
			if len(nodes) == 0 {
				t.Fatal("open returned no node")
			}
			t.Cleanup(func() {
				for _, b := range nodes {
					if err := b.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				}
			})
			test(t, nodes)
		})
	}
}

// An ear is a listener that remembers.
type ear struct {
	t     *testing.T
	heard chan belfry.Ring
	stop  func()
}

func listen(t *testing.T, b belfry.Bus) *ear {
	t.Helper()
	e := &ear{t: t, heard: make(chan belfry.Ring, 10_000)}
	stop, err := b.Listen(func(r belfry.Ring) { e.heard <- r })
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	e.stop = stop
	return e
}

// next returns the next ring that was heard.
func (e *ear) next() belfry.Ring {
	e.t.Helper()
	select {
	case r := <-e.heard:
		return r
	case <-time.After(patience):
		e.t.Fatal("a ring did not arrive")
		return belfry.Ring{}
	}
}

// until skips what is heard up to the ring of an entry.
func (e *ear) until(seq int64) {
	e.t.Helper()
	for e.next().Change.Seq != seq {
	}
}

// recovery is how long a bus may take to notice that what carries its rings is away, or is back.
const recovery = 30 * time.Second

// Await waits for a ring that fits, 30 seconds at most, and skips what is heard before it: a bus may tell its listeners at any time to
// ask the store, and double a ring or swap two. For this suite, and for what a bus has to show beside it.
func Await(t *testing.T, heard <-chan belfry.Ring, what string, fits func(belfry.Ring) bool) {
	t.Helper()
	stuck := time.After(recovery)
	for {
		select {
		case r := <-heard:
			if fits(r) {
				return
			}
		case <-stuck:
			t.Fatalf("not heard: %s", what)
		}
	}
}

func ring(t *testing.T, b belfry.Bus, rings ...belfry.Ring) {
	t.Helper()
	if err := b.Ring(t.Context(), rings...); err != nil {
		t.Fatalf("ring: %v", err)
	}
}

func numbered(user string, n int64) belfry.Ring {
	at := time.Date(2026, 7, 1, 12, 0, 0, int(n%1000)*1e6, time.UTC)
	return belfry.Ring{
		User: user, Own: belfry.Counts{Unread: n, Unseen: -n},
		Change: belfry.Change{Kind: belfry.Created, Seq: n, Notification: belfry.Notification{
			ID: belfry.NewID(at, uint16(n), uint64(n)), Category: "order", Title: fmt.Sprint("entry ", n), CreatedAt: at,
		}},
	}
}

// whole returns rings of every kind, with every field set in one of them.
func whole() []belfry.Ring {
	at := time.Date(2026, 7, 1, 12, 30, 15, 123e6, time.UTC)
	full := belfry.Notification{
		ID: belfry.NewID(at, 7, 1<<61+5), Category: "order.assigned", Title: "Größe <&> \u2028 \"q\"", Body: "two\nlines\r\n\tand 🛎",
		URL: "/orders/7?a=1&b=2", Data: json.RawMessage(`{"order":1138,"deep":{"list":[1,2.5,null,"x"]}}`),
		Actor: &belfry.Actor{ID: "7", Name: "Ada", AvatarURL: "https://example.org/a.png"}, Priority: belfry.Critical,
		CreatedAt: at, SeenAt: at.Add(time.Second), ReadAt: at.Add(time.Minute), ArchivedAt: at.Add(time.Hour), ExpiresAt: at.Add(24 * time.Hour),
	}
	gone := belfry.Notification{ID: full.ID}
	return []belfry.Ring{
		{User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 1 << 40, Notification: full}, Own: belfry.Counts{Unread: 5, Unseen: -3}},
		{
			User: "ünïcode user.* >", Change: belfry.Change{Kind: belfry.Updated, Seq: 2, Notification: full},
			Own: belfry.Counts{Unread: -1 << 40}, Head: belfry.Cursor{Epoch: "3f9a", Seq: 2, Broadcast: 1 << 50},
		},
		{User: "ada", Change: belfry.Change{Kind: belfry.Deleted, Seq: 3, Notification: gone}},
		{Change: belfry.Change{Kind: belfry.Created, Broadcast: 9, Notification: full}, Shared: belfry.Counts{Unread: 9, Unseen: 8}},
		{Change: belfry.Change{Kind: belfry.Deleted, Broadcast: 10, Notification: gone}, Shared: belfry.Counts{Unread: 8, Unseen: 7}},
		{User: "ada", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked, Connection: "c-1"}},
		{Hangup: belfry.Hangup{Reason: belfry.CloseClosed}},
		{User: "ada", Mute: true},
	}
}

// A content is a ring in a form that can be compared: two moments that are equal need not be the same Go value.
type content struct {
	user           string
	kind           belfry.ChangeKind
	seq, broadcast int64
	notification   string
	own, shared    belfry.Counts
	head           belfry.Cursor
	hangup         belfry.Hangup
	mute           bool
}

func contentOf(r belfry.Ring) content {
	n := &r.Change.Notification
	return content{
		r.User, r.Change.Kind, r.Change.Seq, r.Change.Broadcast, string(n.AppendJSON(nil)), r.Own, r.Shared, r.Head, r.Hangup, r.Mute,
	}
}

func same(t *testing.T, want, got belfry.Ring) {
	t.Helper()
	if want, got := contentOf(want), contentOf(got); want != got {
		t.Errorf("the ring that was heard differs:\nwant %+v\n got %+v", want, got)
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
