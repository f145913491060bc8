package notify_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Time in these tests is virtual: waiting moves the clock of the bubble.

// What expires is rung gone exactly when it is due, whatever the order in which it was sent.
func TestExpiresWhenDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbe()
		s := newService(t, p, 0)
		var gone []time.Duration
		begin := time.Now()
		p.onRing = func(r belfry.Ring) {
			if r.Change.Kind == belfry.Deleted {
				gone = append(gone, time.Since(begin))
			}
		}
		s.Start()
		defer s.Close()
		for _, after := range []time.Duration{30 * time.Second, 5 * time.Second, 10 * time.Minute, 5*time.Second + time.Millisecond} {
			send := plain(belfry.ToUser("42"))
			send.ExpiresAt = time.Now().Add(after)
			if _, err := s.Send(t.Context(), send, notify.Once{}); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(11 * time.Minute)
		synctest.Wait()
		want := []time.Duration{5 * time.Second, 5*time.Second + time.Millisecond, 30 * time.Second, 10 * time.Minute}
		if len(gone) != len(want) {
			t.Fatalf("got %v, want %v", gone, want)
		}
		for i := range want {
			if late := gone[i] - want[i]; late < 0 || late > time.Millisecond {
				t.Errorf("got %v, want %v", gone[i], want[i])
			}
		}
	})
}

// What another node was given is found within a minute, and what was due before the start at the start.
func TestExpiresWhatOthersSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbe()
		one, other := newService(t, p, 0), newService(t, p, 0)
		send := plain(belfry.ToUser("42"))
		send.ExpiresAt = time.Now().Add(time.Second)
		if _, err := other.Send(t.Context(), send, notify.Once{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Second)
		one.Start()
		one.Start()
		synctest.Wait()
		if got := len(p.heard()); got != 2 {
			t.Fatalf("got %d rings, want the creation and the expiry", got)
		}
		send = plain(belfry.ToUser("42"))
		send.ExpiresAt = time.Now().Add(10 * time.Second)
		if _, err := other.Send(t.Context(), send, notify.Once{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute + time.Second)
		synctest.Wait()
		if got := len(p.heard()); got != 4 {
			t.Errorf("got %d rings, want the second expiry too", got)
		}
		one.Close()
		one.Close()
		one.Start()
		other.Close()
	})
}

// Pruning goes in steps with pauses while there is more, and then rests. What it changes is rung.
func TestPrunesInSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbe()
		p.more = 4
		s := newService(t, p, 24*time.Hour)
		begin := time.Now()
		s.Start()
		<-time.After(time.Minute)
		synctest.Wait()
		s.Close()
		if len(p.pruned) != 5 {
			t.Fatalf("got %d steps in the first minute, want 5", len(p.pruned))
		}
		if got := len(p.heard()); got != 4 {
			t.Errorf("got %d rings of the four steps that removed something", got)
		}
		if got := p.pruned[0]; !got.Equal(begin.Add(-24 * time.Hour)) {
			t.Errorf("pruned before %v, want a day ago", got)
		}
		if got := p.pruned[4].Sub(p.pruned[0]); got < 100*time.Millisecond || got > time.Second {
			t.Errorf("five steps took %v, want pauses between them, but short ones", got)
		}
	})
}

// Without a retention nothing is too old.
func TestKeepsForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProbe()
		s := newService(t, p, -1)
		s.Start()
		synctest.Wait()
		s.Close()
		if len(p.pruned) != 1 || !p.pruned[0].IsZero() {
			t.Errorf("pruned before %v, want the zero time once", p.pruned)
		}
	})
}
