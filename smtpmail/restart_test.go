package smtpmail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/smtpmail"
)

// A domain that servers do not believe is not tried again before its time by whoever starts anew, waits longer each time, and
// is as good as any when it was believed once.
func TestRestartForgetsNoDomain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "from="+user+":unauthenticated")
	b.want(b.send(1), belfry.Deferred, belfry.FaultSender)
	b.clock.move(30 * time.Minute)
	b.open(b.account())
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultSender)
	if got.Attempt != nil || got.NotBefore.Sub(b.clock.Now()) != 30*time.Minute || !strings.Contains(got.Reason, "SPF") || b.parked(belfry.Urgent) != 30*time.Minute {
		t.Errorf("after a restart: got %+v", got)
	}
	b.clock.move(30 * time.Minute)
	b.open(b.account())
	if got := b.send(1); got.NotBefore.Sub(b.clock.Now()) != 2*time.Hour {
		t.Errorf("the second time it waits until %v", got.NotBefore)
	}
	b.scenario("")
	b.clock.move(2 * time.Hour)
	b.open(b.account())
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	stored, err := b.state.MailAccount(t.Context(), "@example.org")
	if want := (belfry.MailAccount{Name: "@example.org"}); err != nil || stored != want {
		t.Errorf("once believed: stored is %+v, %v", stored, err)
	}
}

// Another node's word about the domain is heard within a minute.
func TestDomainOfAnotherNode(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	until := b.clock.Now().Add(time.Hour)
	if err := b.state.PutMailAccount(t.Context(), belfry.MailAccount{Name: "@example.org", ParkedUntil: until, Strikes: 1, Reason: "no SPF"}); err != nil {
		t.Fatal(err)
	}
	b.clock.move(time.Minute)
	if got := b.send(2); got.Attempt != nil || got.Fault != belfry.FaultSender || got.Reason != "no SPF" || !got.NotBefore.Equal(until) {
		t.Errorf("got %+v", got)
	}
}

// An account that its server found too fast stays slow over a restart, and over a success; another credential begins afresh.
func TestRestartForgetsNoThrottle(t *testing.T) {
	t.Parallel()
	b := newBench(t, "first=1:unusual-rate", func(a *smtpmail.Account) { a.Rate = 10; a.Burst = 1 })
	fast := func(a *smtpmail.Account) *smtpmail.Account { a.Rate, a.Burst = 10, 1; return a }
	account := b.account()
	fast(&account)
	b.want(b.send(1), belfry.Deferred, belfry.FaultThrottle)
	b.clock.move(15 * time.Minute)
	for n := range 2 {
		b.open(account)
		if b.parked(belfry.Bulk) == 0 {
			t.Errorf("restart %d: bulk mail goes on", n)
		}
		b.want(b.send(n), belfry.Delivered, belfry.FaultNone)
		if got := b.parked(belfry.Urgent); got < 900*time.Millisecond || got > 1100*time.Millisecond {
			t.Errorf("restart %d: the next mail may go after %v, want a second: a tenth of the rate", n, got)
		}
	}
	other := account
	other.Secret = strings.Repeat("z", 16)
	b.open(other)
	if got := b.parked(belfry.Bulk); got != 0 {
		t.Errorf("another credential: bulk mail waits %v", got)
	}
	b.open(account)
	b.clock.move(7 * time.Hour)
	if got := b.parked(belfry.Bulk); got != 0 {
		t.Errorf("after its time: bulk mail waits %v more", got)
	}
}

func TestAccountsAreNotNamedLikeDomains(t *testing.T) {
	t.Parallel()
	if _, err := (smtpmail.Account{Name: "@example.org", Host: "mail.example.org"}).Complete(); err == nil || !strings.Contains(err.Error(), "begins with @") {
		t.Errorf("got %v", err)
	}
}
