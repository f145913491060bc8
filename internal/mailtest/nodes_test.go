package mailtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
)

// Nodes on one database that send by one account keep to its quota together, to the mail, and none comes twice.
func TestNodesShareTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=1000/24h", patient())
		w.node()
		w.node()
		w.send(250, "order", "normal")
		got := w.arrivals(250)
		for i, m := range got {
			if i >= quota && m.At.Sub(got[i-quota].At) < day {
				t.Fatalf("mail %d came %v after the %dth before it", i, m.At.Sub(got[i-quota].At), quota)
			}
		}
		// Each sends once a second after a burst of five, one node from the start, the others when they look, after a minute.
		if took := got[quota-1].At.Sub(w.began); took > 90*time.Second {
			t.Errorf("the first %d took %v: did one node alone send?", quota, took)
		}
		if took := got[249].At.Sub(w.began); took < 2*day || took > 2*day+2*time.Hour {
			t.Errorf("it took %v, want a little over two days", took)
		}
		w.pass(time.Minute)
		if got := w.states(); got["sent"] != 250 || len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
}

// What is kept back from bulk mail is kept back on all nodes together.
func TestNodesShareTheReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=1000/24h", patient())
		w.node()
		w.send(100, "news", "normal")
		w.pass(12 * time.Hour)
		if got := w.states(); got["sent"] != quota*8/10 {
			t.Errorf("got %v, want %d sent", got, quota*8/10)
		}
	})
}

// An account that one node finds shut is shut on the other within its poll: at most a minute's mail asks once more.
func TestNodesShareTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=20/24h@data", patient())
		w.node()
		w.send(60, "order", "normal")
		w.arrivals(20)
		w.pass(2 * time.Minute)
		asked := w.said("550-5.4.5 Daily")
		if asked < 1 || asked > 3 {
			t.Errorf("two nodes asked %d times before both knew", asked)
		}
		w.pass(10 * time.Hour)
		if more := w.said("550-5.4.5 Daily") - asked; more < 9 || more > 21 {
			t.Errorf("two nodes asked %d times in ten hours, want about once an hour each", more)
		}
		if a := w.server.MailAccounts()[0]; a.State != "parked" {
			t.Errorf("got %+v", a)
		}
		if got := w.states(); got["sent"] != 20 || got[string(belfry.Queued)] != 40 {
			t.Errorf("got %v", got)
		}
	})
}
