package stream_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// A slowStore answers from a snapshot, and a while after it.
type slowStore struct {
	belfry.Inboxes
	delay atomic.Int64
	err   atomic.Pointer[error]
	reads atomic.Int64
	under atomic.Int64 // reads that are under way
}

func (s *slowStore) Changes(ctx context.Context, user string, after belfry.Cursor, limit int, at time.Time) (belfry.Changes, error) {
	s.reads.Add(1)
	s.under.Add(1)
	defer s.under.Add(-1)
	if err := s.err.Load(); err != nil {
		return belfry.Changes{}, *err
	}
	ch, err := s.Inboxes.Changes(ctx, user, after, limit, at)
	if d := s.delay.Load(); d > 0 {
		select {
		case <-ctx.Done():
			return belfry.Changes{}, ctx.Err()
		case <-time.After(time.Duration(d)):
		}
	}
	return ch, err
}

func (s *slowStore) fail(err error) {
	if err == nil {
		s.err.Store(nil)
		return
	}
	s.err.Store(&err)
}

func startSlow(t tb, delay time.Duration) (*node, *slowStore) {
	slow := &slowStore{}
	slow.delay.Store(int64(delay))
	n := start(t, func(c *stream.Config) {
		slow.Inboxes = c.Store
		c.Store = slow
	})
	return n, slow
}

// TestSendsWhileJoining: what is sent between the snapshot and its arrival is neither lost nor doubled.
func TestSendsWhileJoining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, _ := startSlow(t, 100*time.Millisecond)
		n.send("ada", "before")
		f := newClient()
		f.load(n.list("ada"))
		p := n.open(stream.Request{User: "ada", LastEventID: f.lastID})
		wait(50 * time.Millisecond) // the snapshot is taken, and on its way
		ids := []belfry.ID{n.send("ada", "one"), n.broadcast("all")}
		n.mark("ada", belfry.StateChange{Read: yes()}, ids...)
		second := n.open(stream.Request{User: "ada"}) // joins a topic that has frames already
		wait(75 * time.Millisecond)
		n.send("ada", "two")
		wait(time.Second)
		wantWords(t, p, "resumed 1 1", "message all", "message one", "update one read", "update all read", "counts 1 3", "message two", "counts 2 4")
		wantWords(t, second, "connection 1 3", "message two", "counts 2 4")
		if err := f.play(p.events()); err != nil {
			t.Error(err)
		}
		if diff := f.differs(n.list("ada")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStoreDownAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		down := errors.New("the disk is on fire")
		store.fail(down)
		p := n.open(stream.Request{User: "ada"})
		<-p.done
		if !errors.Is(p.err, down) || p.w.code != 0 || len(p.w.header) != 0 {
			t.Errorf("want the error and nothing written, got %v, %d, %v", p.err, p.w.code, p.w.header)
		}
		store.fail(nil)
		store.delay.Store(int64(time.Hour)) // hangs
		began := time.Now()
		p = n.open(stream.Request{User: "ada"})
		<-p.done
		if !errors.Is(p.err, context.DeadlineExceeded) || time.Since(began) > 10*time.Second {
			t.Errorf("want a timeout within 10 s, got %v after %v", p.err, time.Since(began))
		}
		if got := n.hub.Stats(); got.Connections != 0 || got.Topics != 0 || got.StoreErrors != 2 {
			t.Errorf("left over: %+v", got)
		}
	})
}

// TestStoreDownInTheMiddle: a stream that needs the store waits for it, beats meanwhile, and misses nothing.
func TestStoreDownInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		p := n.open(stream.Request{User: "ada"})
		synctest.Wait()
		store.fail(errors.New("gone for lunch"))
		n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "unheard"})
		n.send("ada", "heard")
		wait(time.Minute)
		wantWords(t, p, "connection 0 0", "heartbeat", "heartbeat")
		if got := store.reads.Load(); got < 10 || got > 60 {
			t.Errorf("asked the store %d times in a minute", got)
		}
		store.fail(nil)
		wait(5 * time.Second)
		wantWords(t, p, "connection 0 0", "heartbeat", "heartbeat", "message unheard", "message heard", "counts 2 2")
	})
}

// TestCloseDuringARead: a store that hangs delays neither a hangup nor the end of the process.
func TestCloseDuringARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := startSlow(t, 0)
		running, hung := n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "bob"})
		synctest.Wait()
		store.delay.Store(int64(time.Hour))
		n.prefer("ada", nil)
		n.prefer("bob", nil)
		joining := n.open(stream.Request{User: "eve"})
		wait(time.Second)
		began := time.Now()
		if got := n.hub.Hangup("ada", "", belfry.CloseClosed); got != 1 {
			t.Errorf("want one closed, got %d", got)
		}
		<-running.done
		if err := n.hub.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-hung.done
		<-joining.done
		if d := time.Since(began); d > 0 {
			t.Errorf("took %v", d)
		}
		wantWords(t, running, "connection 0 0", "close closed")
		wantWords(t, hung, "connection 0 0", "close drain")
		wantWords(t, joining, "close drain")
	})
}
