package deliver_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
)

// gaps are the times between letters.
func gaps(letters []carried) (all []time.Duration) {
	for i := 1; i < len(letters); i++ {
		all = append(all, letters[i].at.Sub(letters[i-1].at).Round(time.Second))
	}
	return all
}

// A mail is tried again later and later until its time is over; then it has failed, with the last reply as the reason.
func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		random float64
		want   []time.Duration
	}{
		{"latest", .999999, []time.Duration{
			10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour,
		}},
		{"half way", .5, []time.Duration{5 * time.Second, 30 * time.Second, 150 * time.Second, 450 * time.Second, 15 * time.Minute, 30 * time.Minute, time.Hour}},
		{"earliest", 0, []time.Duration{time.Second, time.Second, time.Second}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				p.config.Random = func() float64 { return row.random }
				p.answer = func(int, belfry.Letter) belfry.Outcome { return deferred(belfry.FaultConnection, true) }
				ttl := 24 * time.Hour
				if row.random == 0 {
					ttl = time.Minute
				}
				begun := time.Now()
				id := p.queue(mail{ttl: ttl})[0]
				p.start()
				pass(ttl + time.Hour)
				synctest.Wait()
				d := p.wants(id, belfry.Failed, "its time to live is over; last: not now: connection")
				letters := p.letters()
				got := gaps(letters)
				for i, want := range row.want {
					if i >= len(got) || got[i] != want {
						t.Fatalf("got the gaps %v, want them to begin %v", got, row.want)
					}
				}
				if last := letters[len(letters)-1].at; last.Sub(begun) >= ttl || d.Tries != len(letters) {
					t.Errorf("the last of %d letters came after %v of %v; %d tries", len(letters), last.Sub(begun), ttl, d.Tries)
				}
				for _, l := range letters[1:] {
					if string(l.Message) != string(letters[0].Message) {
						t.Fatal("another attempt sent other bytes")
					}
				}
			})
		})
	}
}

// What is nobody's fault but the account's or the network's uses up no tries; the mail's time goes on all the same.
func TestUncountedFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []belfry.Fault{
		belfry.FaultAuth, belfry.FaultConfig, belfry.FaultQuota, belfry.FaultThrottle, belfry.FaultConnection,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				healed := time.Now().Add(3 * time.Hour)
				p.answer = func(int, belfry.Letter) belfry.Outcome {
					if !time.Now().Before(healed) {
						return accepted()
					}
					return deferred(fault, false)
				}
				ids := p.queue(mail{ttl: time.Hour}, mail{})
				w := p.start()
				pass(2 * time.Hour)
				synctest.Wait()
				if d := p.wants(ids[0], belfry.Failed, "time to live is over; last: not now: "+string(fault)); d.Tries != 0 {
					t.Errorf("%d tries were used up", d.Tries)
				}
				if d := p.wants(ids[1], belfry.Queued, "not now: "+string(fault)); d.Tries != 0 || len(d.Attempts) == 0 {
					t.Errorf("got %d tries and %d attempts, want none used up and all on record", d.Tries, len(d.Attempts))
				}
				pass(90 * time.Minute) // it comes back within a quarter of an hour of the healing
				synctest.Wait()
				p.wants(ids[1], belfry.Sent, "")
				if n := w.Stats().Faults[fault]; n == 0 || n > 80 {
					t.Errorf("counted %d faults in three hours of two mails", n)
				}
			})
		})
	}
}

// A carrier that knows when is believed.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
			o := deferred(belfry.FaultQuota, n == 2)
			switch n {
			case 1:
				o.NotBefore = time.Now().Add(time.Hour)
			case 2:
				o.NotBefore = time.Now().Add(2 * time.Hour)
			case 3:
				o.NotBefore = time.Now()
			default:
				return accepted()
			}
			return o
		}
		p.queue(mail{})
		p.start()
		pass(10 * time.Hour)
		synctest.Wait()
		got, want := gaps(p.letters()), []time.Duration{time.Hour, 2 * time.Hour, time.Second}
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("got the gaps %v, want %v", got, want)
		}
	})
}

// While an account is parked its mail is looked at only now and then, and is told what it waits for; mail whose time is
// over is given up; all that is left leaves as soon as it may.
func TestParkedAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		opens := time.Now().Add(5*time.Hour + 3*time.Minute)
		p.ready = func(now time.Time, _ belfry.MailClass) (bool, time.Time, string) {
			return !now.Before(opens), opens, "the daily quota is used up"
		}
		mails := make([]mail, 50)
		ids := p.queue(append(mails, mail{ttl: time.Hour})...)
		w := p.start()
		pass(4 * time.Hour)
		synctest.Wait()
		p.wants(ids[0], belfry.Queued, "waits: the daily quota is used up")
		if d := p.wants(ids[50], belfry.Failed, "time to live is over; last: waits: the daily quota is used up"); d.Tries != 0 {
			t.Errorf("%d tries were used up", d.Tries)
		}
		if perHour := p.claims / 4; len(p.letters()) != 0 || perHour > 3*60 {
			t.Errorf("got %d letters and %d claims an hour", len(p.letters()), perHour)
		}
		if n := w.Stats().Claimed; n != 0 {
			t.Errorf("%d mails were claimed to be sent", n)
		}
		pass(70 * time.Minute)
		synctest.Wait()
		if n := len(p.letters()); n != 50 {
			t.Errorf("sent %d of 50 after the account was free again", n)
		}
		for _, id := range ids[:50] {
			if d := p.wants(id, belfry.Sent, ""); d.SentAt.Sub(opens) > time.Minute {
				t.Fatalf("sent %v after the account was free again", d.SentAt.Sub(opens))
			}
		}
	})
}

// A mailbox that does not take mail for now is left alone by all mail to it, longer each time, and by nobody else's.
func TestPersonParks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.config.Workers = 1
		full := time.Now().Add(2 * time.Hour)
		p.answer = func(_ int, l belfry.Letter) belfry.Outcome {
			if l.To == "Full@example.org" && time.Now().Before(full) {
				return deferred(belfry.FaultPerson, false)
			}
			return accepted()
		}
		ids := p.queue(mail{to: "Full@example.org"}, mail{to: "full@EXAMPLE.org", delay: time.Second}, mail{})
		w := p.start()
		pass(time.Minute)
		synctest.Wait()
		p.wants(ids[0], belfry.Queued, "not now: person")
		if d := p.wants(ids[1], belfry.Queued, "waits, for the mailbox did not take the last mail: not now: person"); len(d.Attempts) != 0 {
			t.Errorf("it was tried: %+v", d)
		}
		p.wants(ids[2], belfry.Sent, "")
		pass(5 * time.Hour)
		synctest.Wait()
		for _, id := range ids {
			p.wants(id, belfry.Sent, "")
		}
		if n := w.Stats().Faults[belfry.FaultPerson]; n < 4 || n > 6 {
			t.Errorf("the mailbox was tried %d times in two hours, want about 5: after 5, 10, 20, 40 minutes", n)
		}
	})
}

// Of all the mail to a mailbox that was full, one tries whether it is over; what that one does not learn, the next one tries.
func TestOneProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		full, broken := time.Now().Add(4*time.Minute), time.Now().Add(7*time.Minute)
		var mu sync.Mutex
		atOnce, most := 0, 0
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			mu.Lock()
			atOnce++
			if time.Now().After(full) {
				most = max(most, atOnce)
			}
			mu.Unlock()
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				atOnce--
			}()
			<-time.After(time.Second)
			return p.obey(ctx, l, commit)
		}
		p.answer = func(_ int, _ belfry.Letter) belfry.Outcome {
			switch now := time.Now(); {
			case now.Before(full):
				return deferred(belfry.FaultPerson, false)
			case now.Before(broken):
				return deferred(belfry.FaultConnection, false)
			default:
				return accepted()
			}
		}
		mails := make([]mail, 20)
		for i := range mails {
			mails[i].to = "full@example.org"
		}
		p.queue(mails...)
		p.start()
		pass(time.Until(broken))
		synctest.Wait()
		mu.Lock()
		if most != 1 {
			t.Errorf("%d tried at once, want one", most)
		}
		mu.Unlock()
		pass(3 * time.Hour)
		synctest.Wait()
		sent := 0
		for _, l := range p.letters() {
			if l.at.After(broken) {
				sent++
			}
		}
		if sent != len(mails) {
			t.Errorf("%d letters after it was over, want each of %d once", sent, len(mails))
		}
	})
}

// A mailbox that took a mail is as good as any other: the next pause is a short one again.
func TestMailboxRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
			if n == 3 || n == 6 {
				return accepted()
			}
			return deferred(belfry.FaultPerson, false)
		}
		w := p.start()
		p.queue(mail{to: "full@example.org"})
		w.Wake()
		pass(time.Hour)
		p.queue(mail{to: "full@example.org"})
		w.Wake()
		pass(time.Hour)
		synctest.Wait()
		got := gaps(p.letters())
		if len(got) != 5 || got[0] != 5*time.Minute || got[1] != 10*time.Minute || got[3] != 5*time.Minute || got[4] != 10*time.Minute {
			t.Errorf("got the gaps %v, want 5 and 10 minutes each time", got)
		}
	})
}

// An address that does not exist gets nothing any more.
func TestSuppress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(int, belfry.Letter) belfry.Outcome {
			return belfry.Outcome{Verdict: belfry.Refused, Fault: belfry.FaultPerson, Counts: true, Suppress: true, Reason: "no such user"}
		}
		w := p.start()
		first := p.queue(mail{to: "gone@example.org"})[0]
		w.Wake()
		synctest.Wait()
		p.wants(first, belfry.Failed, "no such user")
		second := p.queue(mail{to: "Gone@example.org"})[0]
		w.Wake()
		synctest.Wait()
		p.wants(second, belfry.Skipped, "nothing is sent to this address any more: no such user")
		if n := len(p.letters()); n != 1 {
			t.Errorf("carried %d letters, want one", n)
		}
	})
}

// Every fault that ends a mail leaves a reason, also when the carrier has none.
func TestReasons(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]belfry.Outcome{
		"552 too big":           {Verdict: belfry.Refused, Fault: belfry.FaultMessage, Attempt: &belfry.Attempt{Text: "552 too big"}},
		"not sent; fault: bug":  {Verdict: belfry.Refused, Fault: belfry.FaultBug},
		"not sent":              {Verdict: belfry.Refused},
		"make an App Password.": {Verdict: belfry.Refused, Fault: belfry.FaultAuth, Reason: "make an App Password."},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPost(t)
			p.answer = func(int, belfry.Letter) belfry.Outcome { return o }
			id := p.queue(mail{})[0]
			w := p.start()
			synctest.Wait()
			if d := p.of(id); d.State != belfry.Failed || d.Reason != want {
				t.Errorf("got %s, %q, want %q", d.State, d.Reason, want)
			}
			if n := w.Stats().Settled[deliver.Settled{State: belfry.Failed}]; n != 1 {
				t.Errorf("counted %d failures", n)
			}
		})
	}
}
