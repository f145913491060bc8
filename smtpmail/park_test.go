package smtpmail_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/smtpmail"
)

func (b *bench) parked(class belfry.MailClass) time.Duration {
	b.t.Helper()
	ok, from, why := b.carrier.Ready(b.clock.Now(), class)
	if ok != (why == "") {
		b.t.Fatalf("got %v because %q", ok, why)
	}
	if ok {
		return 0
	}
	return from.Sub(b.clock.Now())
}

// A quota is no fault of a mail: one mail an hour asks, nothing counts, and the first success opens the account again.
func TestQuotaParksAndProbes(t *testing.T) {
	t.Parallel()
	b := newBench(t, "daily-limit")
	for range 3 {
		got := b.send(1)
		b.want(got, belfry.Deferred, belfry.FaultQuota)
		if got.Counts || !got.NotBefore.Equal(b.clock.Now().Add(time.Hour)) || b.parked(belfry.Urgent) != time.Hour {
			t.Fatalf("got %+v, parked for %v", got, b.parked(belfry.Urgent))
		}
		if got := b.send(2); got.Attempt != nil || got.Verdict != belfry.Deferred || got.Counts {
			t.Fatalf("while parked: got %+v", got)
		}
		b.open(b.account()) // a restart does not forget
		if b.parked(belfry.Urgent) != time.Hour {
			t.Fatalf("after a restart: parked for %v", b.parked(belfry.Urgent))
		}
		b.clock.move(time.Hour)
	}
	if got := strings.Count(b.server.Dialogue(), "C: MAIL"); got != 3 {
		t.Errorf("got %d MAIL, want 3: one each hour", got)
	}
	b.scenario("")
	b.open(b.account())
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	b.open(b.account())
	if d := b.parked(belfry.Bulk); d != 0 {
		t.Errorf("parked for %v after a success", d)
	}
}

func (b *bench) account() smtpmail.Account { return accountAt(b.server) }

// A bad credential is tried once, whatever happens, until it is another one.
func TestBadCredentialIsTriedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "", func(a *smtpmail.Account) { a.Secret = "wrongwrongwrong!" })
	wrong := b.account()
	wrong.Secret = "wrongwrongwrong!"
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultAuth)
	if got.Counts || got.NotBefore.After(b.clock.Now().Add(5*time.Minute)) || !strings.Contains(got.Reason, "App Password") {
		t.Errorf("got %+v", got)
	}
	for range 3 {
		b.clock.move(30 * 24 * time.Hour)
		b.open(wrong)
		if got := b.send(1); got.Attempt != nil || got.Fault != belfry.FaultAuth || b.parked(belfry.Urgent) == 0 {
			t.Errorf("got %+v", got)
		}
	}
	if got := strings.Count(b.server.Dialogue(), "C: AUTH"); got != 1 {
		t.Errorf("got %d AUTH, want 1", got)
	}
	b.open(b.account())
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
}

func TestBreakerDoubles(t *testing.T) {
	t.Parallel()
	b := newBench(t, "too-many-logins")
	for _, want := range []time.Duration{15, 30, 60, 120, 120} {
		b.want(b.send(1), belfry.Deferred, belfry.FaultAuth)
		if got := b.parked(belfry.Urgent); got != want*time.Minute {
			t.Errorf("parked for %v, want %v", got, want*time.Minute)
		}
		b.open(b.account())
		b.clock.move(want * time.Minute)
	}
	b.scenario("")
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	b.scenario("too-many-logins")
	b.open(b.account())
	b.want(b.send(2), belfry.Deferred, belfry.FaultAuth)
	if got := b.parked(belfry.Urgent); got != 15*time.Minute {
		t.Errorf("after a success: parked for %v, want 15m", got)
	}
}

func TestThrottleSlowsDown(t *testing.T) {
	t.Parallel()
	b := newBench(t, "first=1:unusual-rate", func(a *smtpmail.Account) { a.Rate = 10; a.Burst = 1 })
	b.want(b.send(1), belfry.Deferred, belfry.FaultThrottle)
	b.clock.move(15 * time.Minute)
	if b.parked(belfry.Bulk) == 0 {
		t.Error("bulk mail goes on")
	}
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	if got := b.parked(belfry.Urgent); got < 900*time.Millisecond || got > 1100*time.Millisecond {
		t.Errorf("the next mail may go after %v, want a second: a tenth of the rate", got)
	}
	b.clock.move(7 * time.Hour)
	if got := b.parked(belfry.Bulk); got != 0 {
		t.Errorf("bulk mail waits %v more", got)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	b := newBench(t, "", func(a *smtpmail.Account) { a.Rate = 1; a.Burst = 5 })
	for n := range 5 {
		if d := b.parked(belfry.Bulk); d != 0 {
			t.Fatalf("mail %d waits %v", n, d)
		}
		b.want(b.send(n), belfry.Delivered, belfry.FaultNone)
	}
	if got := b.parked(belfry.Urgent).Round(time.Millisecond); got != time.Second {
		t.Errorf("the sixth may go after %v, want 1s", got)
	}
	b.clock.move(10 * time.Second)
	for n := range 5 {
		b.want(b.send(10+n), belfry.Delivered, belfry.FaultNone)
	}
	if b.parked(belfry.Urgent) == 0 {
		t.Error("a silence saved up more than the burst")
	}
}

// A ledger is a store that remembers mails of before.
type ledger struct {
	belfry.MailAccounts
	times []time.Time
}

func (l *ledger) MailsSent(_ context.Context, _ string, after time.Time, limit int) (int, []time.Time, error) {
	var in []time.Time
	for _, t := range l.times {
		if t.After(after) {
			in = append(in, t)
		}
	}
	return len(in), in[:min(limit, len(in))], nil
}

// The last fifth of a quota is for those who wait, and each mail of yesterday makes place for one of today.
func TestReserve(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	old := &ledger{MailAccounts: b.state}
	for n := range 6 {
		old.times = append(old.times, b.clock.Now().Add(-23*time.Hour+time.Duration(n-1)*time.Minute)) // a mail counts for a day and a minute
	}
	b.state = old
	a := b.account()
	a.Quota = 10
	b.open(a)
	for n := range 2 {
		if b.parked(belfry.Bulk) != 0 {
			t.Fatalf("bulk mail %d waits", n)
		}
		l := mail(n)
		l.Class = belfry.Bulk
		b.want(b.carry(l), belfry.Delivered, belfry.FaultNone)
	}
	if got := b.parked(belfry.Bulk); got != time.Hour {
		t.Errorf("bulk mail waits %v, want 1h: until the first of yesterday's is a day old", got)
	}
	l := mail(99)
	l.Class = belfry.Bulk
	if got := b.carry(l); got.Attempt != nil || got.Verdict != belfry.Deferred || got.Counts {
		t.Errorf("bulk mail into the reserve: got %+v", got)
	}
	for n := range 2 {
		b.want(b.send(10+n), belfry.Delivered, belfry.FaultNone)
	}
	if got := b.carrier.Accounts(b.clock.Now())[0]; got.QuotaLeft != 0 || got.Quota != 10 {
		t.Errorf("got %+v, want nothing left of 10", got)
	}
	if b.parked(belfry.Urgent) != time.Hour || b.parked(belfry.Bulk) != time.Hour+2*time.Minute {
		t.Errorf("urgent waits %v, bulk %v; want 1h and 1h2m", b.parked(belfry.Urgent), b.parked(belfry.Bulk))
	}
	b.clock.move(time.Hour)
	if b.parked(belfry.Urgent) != 0 || b.parked(belfry.Bulk) == 0 {
		t.Error("an hour later one urgent mail may go, and no bulk mail")
	}
}

// The second account carries while the first is parked; a mail that the first may have sent stays with it.
func TestFailOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "daily-limit")
	spare := fake(t, "")
	second := accountAt(spare)
	second.Name = "spare"
	b.open(b.account(), second)
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultQuota)
	if !got.NotBefore.Equal(b.clock.Now()) || got.Account != "main" {
		t.Errorf("got %+v, want that the other account is asked at once", got)
	}
	got = b.send(1)
	b.want(got, belfry.Delivered, belfry.FaultNone)
	if got.Account != "spare" || len(spare.Messages()) != 1 || b.commits[len(b.commits)-1] != "spare" {
		t.Errorf("got %+v", got)
	}
	pinned := mail(2)
	pinned.Account = "main"
	if got := b.carry(pinned); got.Attempt != nil || got.Verdict != belfry.Deferred || !got.NotBefore.After(b.clock.Now()) {
		t.Errorf("pinned: got %+v", got)
	}
	pinned.Account = "gone"
	if got := b.carry(pinned); got.Attempt != nil || got.Fault != belfry.FaultConfig {
		t.Errorf("pinned to nobody: got %+v", got)
	}
	if n := len(spare.Messages()); n != 1 {
		t.Errorf("the spare account has sent %d mails, want 1", n)
	}
	if ok, _, _ := b.carrier.Ready(b.clock.Now(), belfry.Bulk); !ok {
		t.Error("not ready, though one account is")
	}
	down := second
	down.Name, down.Port = "down", 1
	b.open(down, second)
	b.want(b.send(3), belfry.Delivered, belfry.FaultNone) // nobody was asked: in the same call
}

func TestSenderNotBelieved(t *testing.T) {
	t.Parallel()
	b := newBench(t, "from="+user+":unauthenticated")
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultSender)
	if !strings.Contains(got.Reason, "SPF") || got.Suppress || !got.NotBefore.Equal(b.clock.Now().Add(time.Hour)) || b.parked(belfry.Urgent) != time.Hour {
		t.Errorf("got %+v", got)
	}
	if got := b.send(2); got.Attempt != nil || got.Fault != belfry.FaultSender {
		t.Errorf("the same domain: got %+v", got)
	}
	other := mail(3)
	other.From = "belfry@elsewhere.example"
	b.want(b.carry(other), belfry.Delivered, belfry.FaultNone)
	if b.parked(belfry.Urgent) != 0 {
		t.Error("not ready, though one domain is believed")
	}
}

func TestFullForGoodTwiceIsSuppressed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "over-quota")
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{0, false}, {8 * 24 * time.Hour, false}, {6 * 24 * time.Hour, true}} {
		b.clock.move(c.after)
		b.open(b.account()) // what is known is in the store
		got := b.send(1)
		b.want(got, belfry.Refused, belfry.FaultPerson)
		if got.Suppress != c.want {
			t.Errorf("after %v: got suppress %v, want %v", c.after, got.Suppress, c.want)
		}
	}
}

// A server that is down parks the account for longer and longer, in memory alone.
func TestConnectionBacksOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	a := b.account()
	_ = b.server.Close()
	b.open(a)
	last := time.Duration(0)
	for range 5 {
		got := b.send(1)
		b.want(got, belfry.Deferred, belfry.FaultConnection)
		if got.Counts || got.Attempt == nil || got.Attempt.Stage != "dial" {
			t.Errorf("got %+v, %+v", got, got.Attempt)
		}
		d := b.parked(belfry.Urgent)
		if d < last || d > 15*time.Minute || d < 10*time.Second {
			t.Errorf("parked for %v after %v", d, last)
		}
		last = d
		b.clock.move(d)
	}
	if stored, err := b.state.MailAccount(t.Context(), "main"); err != nil || !stored.ParkedUntil.IsZero() || stored.NeedsPerson {
		t.Errorf("got %+v, %v: a network that flaps is not worth a write", stored, err)
	}
}

// Among the mails that wait for a connection, the urgent one goes next, and bulk mail is not starved.
func TestOrderOfWaitingMails(t *testing.T) {
	t.Parallel()
	b := newBench(t, "nth=1:stall=dot:300ms")
	first := make(chan struct{})
	results := make(chan belfry.Outcome, 40)
	go func() {
		results <- b.carrier.Carry(t.Context(), mail(0), func(context.Context, string) error { close(first); return nil })
	}()
	<-first
	for n := range 30 {
		l := mail(n + 1)
		l.Class = belfry.Bulk
		if n >= 20 {
			l.Class = belfry.Urgent
		}
		go func() {
			results <- b.carrier.Carry(t.Context(), l, func(context.Context, string) error { return nil })
		}()
	}
	for range 31 {
		if got := <-results; got.Verdict != belfry.Delivered {
			t.Fatalf("got %+v", got)
		}
	}
	// The goroutines above arrive while the first mail stalls: urgent ones leave in the first half, with bulk between.
	position, sum := 0, 0
	for _, m := range b.server.Messages()[1:] {
		position++
		var n int
		if _, err := sscan(m.MessageID, &n); err != nil {
			t.Fatal(err)
		}
		if n > 20 {
			sum += position
		}
	}
	if sum > 15*10 {
		t.Errorf("the urgent mails stand at %d on average, want in the first half", sum/10)
	}
}
