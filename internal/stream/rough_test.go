package stream_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// A rough is a history of sends, marks, retractions and comings and goings on a bus that loses, doubles and swaps.
type rough struct {
	*node
	rt      *rapid.T
	bus     *roughBus
	clients []*follower
	ids     []belfry.ID
	sent    int
}

// A follower is a client that comes back.
type follower struct {
	*client
	user   string
	stream *player
}

// timeless hides a test's deadline, which is of a time that its bubble does not know.
type timeless struct{ *testing.T }

func (timeless) Deadline() (time.Time, bool) { return time.Time{}, false }

const (
	roughRecheck = 20 * time.Second
	roughLife    = 150 * time.Millisecond // of what expires
)

var roughUsers = []string{"ada", "bob"}

func (r *rough) user() string { return rapid.SampledFrom(roughUsers).Draw(r.rt, "user") }

func (r *rough) title() string {
	r.sent++
	return fmt.Sprintf("n%d", r.sent)
}

func (r *rough) join(f *follower) {
	f.stream = r.open(stream.Request{
		User: f.user, LastEventID: f.lastID, Named: rapid.Bool().Draw(r.rt, "named"),
		Batch: rapid.SampledFrom([]time.Duration{0, 0, 100 * time.Millisecond}).Draw(r.rt, "batch"),
	})
	if rapid.Bool().Draw(r.rt, "settle") {
		synctest.Wait()
	}
}

func (r *rough) part(f *follower) {
	f.stream.leave()
	if err := f.play(f.stream.events()); err != nil {
		r.rt.Fatalf("%s: %v", f.user, err)
	}
}

// sweep removes what has expired.
func (r *rough) sweep() {
	rings, _, err := r.store.Expire(context.Background(), now(), 100)
	if err != nil {
		r.rt.Fatal(err)
	}
	r.ring(rings)
}

// passing sends what soon expires.
func (r *rough) passing(*rapid.T) {
	to := rapid.SampledFrom([]belfry.To{belfry.ToAll(), belfry.ToUser("ada")}).Draw(r.rt, "to")
	out := r.accept(belfry.Send{To: to, Category: "news", Title: r.title(), ExpiresAt: now().Add(roughLife)})
	r.ids = append(r.ids, out.ID)
	r.ring(out.Rings)
}

func (r *rough) actions() map[string]func(*rapid.T) {
	any := func(rt *rapid.T) int {
		if r.bus.waiting() == 0 {
			rt.Skip("nothing waits")
		}
		return rapid.IntRange(0, r.bus.waiting()-1).Draw(rt, "ring")
	}
	deliver := func(rt *rapid.T) {
		if err := r.bus.deliver(any(rt), rapid.IntRange(0, 4).Draw(rt, "keep") == 0); err != nil {
			rt.Fatal(err)
		}
	}
	return map[string]func(*rapid.T){
		"send":      func(*rapid.T) { r.ids = append(r.ids, r.send(r.user(), r.title())) },
		"broadcast": func(*rapid.T) { r.ids = append(r.ids, r.broadcast(r.title())) },
		"mark": func(rt *rapid.T) {
			if len(r.ids) == 0 {
				rt.Skip("nothing to mark")
			}
			set := rapid.SampledFrom([]belfry.StateChange{{Read: yes()}, {Seen: yes()}, {Archived: yes()}, {Read: no()}, {Archived: no()}}).Draw(rt, "set")
			r.mark(r.user(), set, rapid.SampledFrom(r.ids).Draw(rt, "id"))
		},
		"markAll": func(*rapid.T) { r.mark(r.user(), belfry.StateChange{Read: yes()}) },
		"retract": func(rt *rapid.T) {
			if len(r.ids) == 0 {
				rt.Skip("nothing to take back")
			}
			id := rapid.SampledFrom(r.ids).Draw(rt, "id")
			if rings, err := r.store.Retract(rt.Context(), id, now()); err == nil {
				r.ring(rings)
			}
		},
		"passing":  r.passing,
		"sweep":    func(*rapid.T) { r.sweep() },
		"mute":     func(*rapid.T) { r.prefer("bob", belfry.Preferences{"news": {belfry.InApp: false}}) },
		"unmute":   func(*rapid.T) { r.prefer("bob", belfry.Preferences{}) },
		"deliver":  deliver,
		"deliver2": deliver,
		"deliver3": deliver,
		"lose":     func(rt *rapid.T) { r.bus.lose(any(rt)) },
		"wait": func(rt *rapid.T) {
			<-time.After(time.Duration(rapid.IntRange(1, 120).Draw(rt, "ms")) * time.Millisecond)
		},
		"settle": func(*rapid.T) { synctest.Wait() },
		"reconnect": func(rt *rapid.T) {
			f := rapid.SampledFrom(r.clients).Draw(rt, "client")
			r.part(f)
			r.join(f)
		},
		"reload": func(rt *rapid.T) {
			f := rapid.SampledFrom(r.clients).Draw(rt, "client")
			r.part(f)
			f.client = newClient()
			f.load(r.list(f.user))
			r.join(f)
		},
		"": func(*rapid.T) {},
	}
}

// TestRoughBus: whatever becomes of the rings, every client shows what the store has, was told each entry once and in
// order, and has the right counts.
func TestRoughBus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(timeless{t}, func(rt *rapid.T) {
			bus := newRoughBus()
			r := &rough{rt: rt, bus: bus}
			slow := &slowStore{}
			slow.delay.Store(int64(rapid.SampledFrom([]time.Duration{0, 0, 30 * time.Millisecond}).Draw(rt, "delay")))
			r.node = start(rt, func(c *stream.Config) {
				slow.Inboxes = c.Store
				c.Bus, c.Recheck, c.Store = bus, roughRecheck, slow
			})
			r.blind = rapid.Bool().Draw(rt, "blind")
			for _, user := range []string{"ada", "ada", "bob", "bob"} {
				f := &follower{client: newClient(), user: user}
				f.load(r.list(user))
				r.clients = append(r.clients, f)
				r.join(f)
			}
			rt.Repeat(r.actions())
			<-time.After(roughLife)
			r.sweep()
			<-time.After(2*roughRecheck + time.Second)
			synctest.Wait()
			for i, f := range r.clients {
				r.part(f)
				if diff := f.differs(r.list(f.user)); diff != "" {
					rt.Fatalf("client %d of %s: %s", i, f.user, diff)
				}
			}
		})
	})
}
