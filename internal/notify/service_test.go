package notify_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/storetest"
)

// A probe is a store and a bus that notice what is done to them.
type probe struct {
	belfry.Store
	belfry.Bus
	mu      sync.Mutex
	rings   []belfry.Ring
	onRing  func(belfry.Ring)
	accept  func(context.Context, []belfry.Accept) ([]belfry.Accepted, error)
	expired []time.Time // when Expire was called
	pruned  []time.Time // before what, at each Prune
	more    int         // how often Prune says that there is more
}

func newProbe() *probe {
	p := &probe{Store: storetest.NewMemory(), Bus: membus.New()}
	p.accept = p.Store.Accept
	return p
}

func (p *probe) Accept(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
	return p.accept(ctx, sends)
}

func (p *probe) Expire(ctx context.Context, now time.Time, limit int) ([]belfry.Ring, time.Time, error) {
	p.mu.Lock()
	p.expired = append(p.expired, now)
	p.mu.Unlock()
	return p.Store.Expire(ctx, now, limit)
}

func (p *probe) Prune(_ context.Context, before, _ time.Time, _ int) ([]belfry.Ring, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pruned = append(p.pruned, before)
	if p.more--; p.more < 0 {
		return nil, false, nil
	}
	return []belfry.Ring{{Mute: true}}, true, nil
}

func (p *probe) Ring(ctx context.Context, rings ...belfry.Ring) error {
	p.mu.Lock()
	p.rings = append(p.rings, rings...)
	on := p.onRing
	p.mu.Unlock()
	if on != nil {
		for _, r := range rings {
			on(r)
		}
	}
	return p.Bus.Ring(ctx, rings...)
}

// Close and Ping stand in both; the store's are not needed here.
func (p *probe) Close() error                   { return p.Bus.Close() }
func (p *probe) Ping(ctx context.Context) error { return p.Bus.Ping(ctx) }

func (p *probe) heard() []belfry.Ring {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]belfry.Ring(nil), p.rings...)
}

func newService(t *testing.T, p *probe, retention time.Duration) *notify.Service {
	t.Helper()
	s, err := notify.New(notify.Config{Store: p, Bus: p, Retention: retention})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func plain(to belfry.To) *belfry.Send {
	return &belfry.Send{To: to, Category: "order.assigned", Title: "t"}
}

func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	p := newProbe()
	for _, c := range []notify.Config{{}, {Store: p}, {Bus: p}} {
		if _, err := notify.New(c); err == nil {
			t.Errorf("New(%+v) works without a part", c)
		}
	}
}

// Whoever hears a ring finds the change in the store.
func TestRingsComeAfterTheCommit(t *testing.T) {
	t.Parallel()
	p := newProbe()
	s := newService(t, p, 0)
	heard := 0
	p.onRing = func(r belfry.Ring) {
		heard++
		if r.Mute || r.Hangup.Reason != "" {
			return
		}
		n, err := p.Find(t.Context(), "42", r.Change.Notification.ID, time.Now())
		switch {
		case r.Change.Kind == belfry.Deleted:
			if !errors.Is(err, belfry.ErrNotFound) {
				t.Errorf("a deletion was rung while it stands: %v", err)
			}
		case err != nil:
			t.Errorf("rung before it was stored: %v", err)
		case n.ReadAt != r.Change.Notification.ReadAt:
			t.Errorf("rung with other states than stored")
		}
	}
	ctx := t.Context()
	a, err := s.Send(ctx, plain(belfry.ToUser("42")), notify.Once{})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	if _, err := s.Patch(ctx, "42", a.ID, belfry.StateChange{Read: &yes}); err != nil {
		t.Fatal(err)
	}
	if err := s.Retract(ctx, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetPreferences(ctx, "42", belfry.Preferences{"*": {belfry.InApp: false}}); err != nil {
		t.Fatal(err)
	}
	if err := s.EraseUser(ctx, "42"); err != nil {
		t.Fatal(err)
	}
	if heard != 5 {
		t.Errorf("heard %d rings, want one for each of five changes", heard)
	}
	rings := p.heard()
	if last := rings[len(rings)-1]; last.User != "42" || last.Hangup.Reason != belfry.CloseRevoked {
		t.Errorf("after an erasure: got ring %+v, want a hang-up", last)
	}
}

// What changes nothing rings nobody.
func TestNoChangeNoRing(t *testing.T) {
	t.Parallel()
	p := newProbe()
	s := newService(t, p, 0)
	a, err := s.Send(t.Context(), plain(belfry.ToUser("42")), notify.Once{})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	for range 2 {
		if _, err := s.Patch(t.Context(), "42", a.ID, belfry.StateChange{Read: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.MarkAll(t.Context(), "42", belfry.StateChange{Read: &yes}, ""); err != nil {
		t.Fatal(err)
	}
	if got := len(p.heard()); got != 2 {
		t.Errorf("got %d rings, want 2: the send and the first read", got)
	}
}

// Another request under a key is turned away while the first is under way, and is answered the same after it.
func TestIdempotencyInProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbe()
		s := newService(t, p, 0)
		gate := make(chan struct{})
		p.accept = func(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
			<-gate
			return p.Store.Accept(ctx, sends)
		}
		once := notify.Once{Key: "k"}
		first := make(chan belfry.Accepted)
		go func() {
			a, err := s.Send(t.Context(), plain(belfry.ToUser("42")), once)
			if err != nil {
				t.Error(err)
			}
			first <- a
		}()
		synctest.Wait()
		conflict := belfry.Errorf(belfry.CodeConflict, "")
		if _, err := s.Send(t.Context(), plain(belfry.ToUser("42")), once); !errors.Is(err, conflict) {
			t.Errorf("got error %v, want a conflict", err)
		}
		if _, err := s.Bulk(t.Context(), []*belfry.Send{plain(belfry.ToUser("42"))}, once); !errors.Is(err, conflict) {
			t.Errorf("bulk: got error %v, want a conflict", err)
		}
		close(gate)
		a := <-first
		again, err := s.Send(t.Context(), plain(belfry.ToUser("42")), once)
		if err != nil || !again.Replayed || again.ID != a.ID {
			t.Errorf("got %+v, %v; want the first answer again", again, err)
		}
	})
}

// Whoever goes away while their send is under way does not keep others from hearing of it; one that has gone before
// sends nothing.
func TestAskerGoesAway(t *testing.T) {
	t.Parallel()
	p := newProbe()
	s := newService(t, p, 0)
	ctx, leave := context.WithCancel(t.Context())
	p.accept = func(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
		leave()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return p.Store.Accept(ctx, sends)
	}
	if _, err := s.Send(ctx, plain(belfry.ToUser("42")), notify.Once{}); err != nil || len(p.heard()) != 1 {
		t.Errorf("got %v and %d rings, want the send carried out and rung", err, len(p.heard()))
	}
	if _, err := s.Send(ctx, plain(belfry.ToUser("42")), notify.Once{}); !errors.Is(err, context.Canceled) || len(p.heard()) != 1 {
		t.Errorf("got %v and %d rings, want the second given up", err, len(p.heard()))
	}
}

// A store that fails midway refuses the rest of a bulk, and what was stored before stands.
func TestBulkFailsMidway(t *testing.T) {
	t.Parallel()
	p := newProbe()
	s := newService(t, p, 0)
	calls := 0
	p.accept = func(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
		if calls++; calls > 1 {
			return nil, belfry.ErrFull
		}
		return p.Store.Accept(ctx, sends)
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = string(rune('a'+i%26)) + time.Duration(i).String()
	}
	var sends []*belfry.Send
	for range 5 {
		sends = append(sends, plain(belfry.ToUsers(many...)))
	}
	got, err := s.Bulk(t.Context(), sends, notify.Once{})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if stored := i < 2; stored != (a.Err == nil) || !stored && !errors.Is(a.Err, belfry.ErrFull) {
			t.Errorf("item %d: got error %v", i, a.Err)
		}
	}
	if calls != 2 {
		t.Errorf("the store was asked %d times, want no more after its failure", calls)
	}
	calls = 1
	if _, err := s.Bulk(t.Context(), sends, notify.Once{}); !errors.Is(err, belfry.ErrFull) {
		t.Errorf("got %v, want the failure that refused all", err)
	}
}

// What arrives while all is being marked is left alone.
func TestMarkAllStopsWhereItBegan(t *testing.T) {
	t.Parallel()
	p := newProbe()
	s := newService(t, p, 0)
	for range 3 {
		if _, err := s.Send(t.Context(), plain(belfry.ToUser("42")), notify.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	late := &lateStore{Store: p.Store, before: func() {
		if _, err := s.Send(t.Context(), plain(belfry.ToUser("42")), notify.Once{}); err != nil {
			t.Error(err)
		}
	}}
	through, err := notify.New(notify.Config{Store: late, Bus: p})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	got, err := through.MarkAll(t.Context(), "42", belfry.StateChange{Read: &yes}, "")
	if err != nil || got.Changed != 3 || got.Counts.Unread != 1 {
		t.Errorf("got %+v, %v; want the three that were there, and the late one unread", got, err)
	}
}

// A lateStore has something happen just before a mark.
type lateStore struct {
	belfry.Store
	before func()
}

func (l *lateStore) Mark(ctx context.Context, m belfry.Mark) (belfry.Marked, error) {
	l.before()
	return l.Store.Mark(ctx, m)
}
