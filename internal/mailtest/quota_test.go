package mailtest_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
)

const day = 24 * time.Hour

// patient rules let every mail wait for a week.
func patient() belfry.Rules {
	week, bulk := 7*day, belfry.Bulk
	return belfry.Rules{belfry.AnyCategory: {TTL: &week}, "news": {Class: &bulk}}
}

// More mail than a day takes: it leaves as the window rolls, and Gmail never has to say no.
func TestLedgerKeepsToTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=100/24h", patient())
		w.send(210, "order", "normal")
		got := w.arrivals(210)
		if n := w.said("5.4.5"); n != 0 {
			t.Errorf("the server refused %d times", n)
		}
		for i, m := range got {
			if i >= 100 && m.At.Sub(got[i-100].At) < day {
				t.Fatalf("mail %d came %v after the 100th before it", i, m.At.Sub(got[i-100].At))
			}
		}
		if took := got[209].At.Sub(w.began); took < 2*day || took > 2*day+2*time.Hour {
			t.Errorf("it took %v, want a little over two days", took)
		}
		// About one a second, after a burst of 5; one connection, used for a hundred mails.
		if took := got[99].At.Sub(w.began); took < 90*time.Second || took > 3*time.Minute {
			t.Errorf("the first 100 took %v", took)
		}
		if n := w.fake.Connections(); n < 3 || n > 8 {
			t.Errorf("%d connections for 210 mails", n)
		}
		w.pass(time.Minute)
		if got := w.states(); got["sent"] != 210 || len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
}

// Other programs send by the account too, so Gmail's 550 5.4.5 comes before Belfry's ledger expects it: the account is
// parked, one mail an hour asks, nothing is lost, and no mail is blamed.
func TestQuotaOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=60/24h@data", patient())
		w.send(90, "order", "normal")
		w.arrivals(60)
		w.pass(20 * time.Hour)
		if n := w.said("550-5.4.5 Daily"); n < 19 || n > 22 {
			t.Errorf("asked %d times in 20 hours, want about once an hour", n)
		}
		if got := w.states(); got["sent"] != 60 || got["queued"] != 30 {
			t.Errorf("got %v", got)
		}
		w.send(1, "security", "critical")
		got := w.arrivals(91)
		if !bytes.Contains(got[60].Data, []byte("security")) && !bytes.Contains(got[61].Data, []byte("security")) {
			t.Error("the critical mail did not leave first when the account was free again")
		}
		if took := got[90].At.Sub(w.began); took < day || took > day+3*time.Hour {
			t.Errorf("all had left after %v", took)
		}
		w.pass(time.Minute)
		if got := w.states(); got["sent"] != 91 || len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
}

// Bulk leaves a fifth of the quota to those who wait.
func TestBulkLeavesTheReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "quota=100/24h", patient())
		w.send(100, "news", "normal")
		w.arrivals(80)
		w.pass(time.Hour)
		if n := len(w.fake.Messages()); n != 80 {
			t.Errorf("%d bulk mails left, want 80", n)
		}
		before := time.Now()
		w.send(15, "order", "normal")
		got := w.arrivals(95)
		if took := got[94].At.Sub(before); took > 2*time.Minute {
			t.Errorf("those who waited got their mail after %v", took)
		}
		for _, m := range got[80:] {
			if !bytes.Contains(m.Data, []byte("order")) {
				t.Fatalf("a bulk mail used the reserve")
			}
		}
		got = w.arrivals(115)
		if took := got[114].At.Sub(w.began); took > day+2*time.Hour {
			t.Errorf("the rest of the bulk came after %v", took)
		}
		if n := w.said("5.4.5"); n != 0 {
			t.Errorf("the server refused %d times", n)
		}
	})
}

// Time goes on while an account is parked: what could not leave in its time has failed, and says what it waited for.
func TestParkedMailGoesOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "bad-credentials", nil)
		w.send(1, "security", "critical")
		w.send(1, "order", "normal")
		w.pass(3 * time.Hour)
		if got := w.states(); got["queued"] != 2 {
			t.Errorf("after 3 hours: got %v", got)
		}
		w.pass(2 * time.Hour)
		if got := w.states(); got["failed"] != 1 || got["queued"] != 1 {
			t.Errorf("after 5 hours: got %v, want the critical one given up", got)
		}
		w.pass(20 * time.Hour)
		for _, d := range w.log() {
			if d.State != "failed" || !bytes.Contains([]byte(d.Reason), []byte("its time to live is over")) {
				t.Errorf("got %+v", d)
			}
		}
		if n := w.said("535-5.7.8"); n != 1 {
			t.Errorf("a bad credential was tried %d times", n)
		}
	})
}
