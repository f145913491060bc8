package deliver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
)

// When the answer is lost, the same bytes go again by the same account, and the record says that it may be twice.
func TestLostAtLeastOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
			switch n {
			case 1:
				return lost()
			case 2:
				return deferred(belfry.FaultConnection, true) // does not make it certain that the first did not arrive
			default:
				return accepted()
			}
		}
		id := p.queue(mail{})[0]
		p.start()
		synctest.Wait()
		p.wants(id, belfry.Ambiguous, "the answer was lost, so the mail may have arrived; the same mail is sent again")
		pass(time.Hour)
		synctest.Wait()
		d := p.wants(id, belfry.Sent, "an earlier attempt's answer was lost, so it may have arrived twice")
		l := p.letters()
		if len(l) != 3 || len(d.Attempts) != 3 {
			t.Fatalf("got %d letters and %d attempts, want 3", len(l), len(d.Attempts))
		}
		if l[0].Account != "" || l[1].Account != "main" || l[2].Account != "main" {
			t.Errorf("got the accounts %q, %q, %q, want the same one after the first", l[0].Account, l[1].Account, l[2].Account)
		}
		if string(l[0].Message) != string(l[1].Message) || string(l[0].Message) != string(l[2].Message) {
			t.Error("the bytes differ")
		}
	})
}

// Under at_most_once a lost answer ends it, until a person asks.
func TestLostAtMostOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
			if n == 1 {
				return lost()
			}
			return accepted()
		}
		id := p.queue(mail{plan: belfry.MailPlan{AtMostOnce: true}})[0]
		w := p.start()
		pass(48 * time.Hour)
		synctest.Wait()
		d := p.wants(id, belfry.Ambiguous, "may have arrived")
		if len(p.letters()) != 1 {
			t.Fatalf("carried %d letters, want one", len(p.letters()))
		}
		if _, err := p.Retry(t.Context(), d.ID, time.Now().UTC()); err != nil {
			t.Fatal(err)
		}
		w.Wake()
		synctest.Wait()
		p.wants(id, belfry.Sent, "")
		if l := p.letters(); len(l) != 2 || string(l[0].Message) != string(l[1].Message) {
			t.Errorf("got %d letters, want a second of the same bytes", len(l))
		} else if l[0].Account != "" || l[1].Account != "main" {
			t.Errorf("got the accounts %q and %q, want the same one that may have sent it", l[0].Account, l[1].Account)
		}
	})
}

// What a worker left behind that died in the middle of an answer is treated as lost.
func TestDiedAfterCommit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		plan  belfry.MailPlan
		until func(*post, belfry.Lease) error // how far the dead one came
		want  belfry.DeliveryState
		why   string
		sent  int
	}{
		{"before the commit", belfry.MailPlan{AtMostOnce: true}, nil, belfry.Sent, "", 1},
		{"after the commit, at most once", belfry.MailPlan{AtMostOnce: true}, commits, belfry.Ambiguous, "at_most_once", 0},
		{"after the commit, at least once", belfry.MailPlan{}, commits, belfry.Sent, "may have arrived twice", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				id := p.queue(mail{plan: row.plan})[0]
				died := time.Now()
				mails, _, err := p.Memory.Claim(t.Context(), belfry.ClaimQuery{
					Order: []belfry.MailClass{belfry.Transactional}, Limit: 1, Now: died.UTC(), Lease: 15 * time.Minute,
				})
				if err != nil || len(mails) != 1 {
					t.Fatalf("claimed %d mails: %v", len(mails), err)
				}
				if err := p.Prepare(t.Context(), mails[0].Lease, "<first@example.com>", []byte("first")); err != nil {
					t.Fatal(err)
				}
				if row.until != nil {
					if err := row.until(p, mails[0].Lease); err != nil {
						t.Fatal(err)
					}
				}
				p.start()
				pass(14 * time.Minute)
				synctest.Wait()
				if len(p.letters()) != 0 {
					t.Error("taken while the other's lease held")
				}
				pass(2 * time.Minute)
				synctest.Wait()
				p.wants(id, row.want, row.why)
				l := p.letters()
				if len(l) != row.sent {
					t.Fatalf("carried %d letters, want %d", len(l), row.sent)
				}
				for _, l := range l {
					if string(l.Message) != "first" {
						t.Errorf("sent %q, want the bytes that were prepared", l.Message)
					}
				}
				if row.until != nil && row.sent > 0 && l[0].Account != "second account" {
					t.Errorf("sent again by %q, want the account that may have sent it", l[0].Account)
				}
			})
		})
	}
}

func commits(p *post, l belfry.Lease) error { return p.Commit(p.Context(), l, "second account") }

// However an ambiguous mail ends otherwise, it does not claim that it did not arrive.
func TestAmbiguousNeverBecomesFailed(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]belfry.Outcome{
		"refused":  {Verdict: belfry.Refused, Fault: belfry.FaultMessage, Reason: "too late"},
		"given up": deferred(belfry.FaultConnection, true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
					if n == 1 {
						return lost()
					}
					return second
				}
				id := p.queue(mail{ttl: time.Hour})[0]
				p.start()
				pass(3 * time.Hour)
				synctest.Wait()
				p.wants(id, belfry.Ambiguous, "an earlier attempt whose answer was lost may have arrived; since then: ")
			})
		})
	}
}

// A server that never answers is waited for within the lease, and the mail is then ambiguous: nobody else had it meanwhile.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.carry = func(ctx context.Context, _ belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			if err := commit(ctx, "main"); err != nil {
				t.Error(err)
			}
			begun := time.Now()
			<-ctx.Done()
			if took := time.Since(begun); took < 11*time.Minute || took >= 15*time.Minute {
				t.Errorf("waited %v for an answer, want the ten minutes that a server may take, and less than the lease", took)
			}
			return lost()
		}
		id := p.queue(mail{plan: belfry.MailPlan{AtMostOnce: true}})[0]
		p.start()
		p.start()
		pass(time.Hour)
		synctest.Wait()
		if d := p.wants(id, belfry.Ambiguous, "may have arrived"); len(d.Attempts) != 1 {
			t.Errorf("got %d attempts on record, want one", len(d.Attempts))
		}
	})
}

// A mail that waited for its account until the claim is old is not begun: the answer would come when another has it.
func TestTooLateToBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			if len(p.letters()) == 0 {
				pass(5 * time.Minute)
			}
			return p.obey(ctx, l, commit)
		}
		id := p.queue(mail{})[0]
		p.start()
		pass(5*time.Minute + 500*time.Millisecond)
		synctest.Wait()
		p.wants(id, belfry.Queued, "the account was busy")
		pass(time.Minute)
		synctest.Wait()
		p.wants(id, belfry.Sent, "")
	})
}

// Mail that one account alone may carry takes one hand while that account is stuck, and the others go on.
func TestStuckAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(int, belfry.Letter) belfry.Outcome { return lost() }
		stuck := p.queue(make([]mail, 20)...)
		w := p.start()
		synctest.Wait()
		p.mu.Lock()
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			if l.Account == "" {
				return p.obey(ctx, l, commit)
			}
			<-ctx.Done()
			return deferred(belfry.FaultConnection, false)
		}
		p.answer = func(int, belfry.Letter) belfry.Outcome { return accepted() }
		p.mu.Unlock()
		pass(time.Minute)
		for range 5 {
			id := p.queue(mail{})[0]
			w.Wake()
			synctest.Wait()
			p.wants(id, belfry.Sent, "")
		}
		if n := w.Stats().UnderWay; n != 1 {
			t.Errorf("%d mails are stuck, want one", n)
		}
		p.wants(stuck[19], belfry.Ambiguous, "")
	})
}

// A mail that may have arrived is not called captured when the mail server is taken away.
func TestAmbiguousWithoutCarrier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.answer = func(int, belfry.Letter) belfry.Outcome { return lost() }
		id := p.queue(mail{})[0]
		w := p.start()
		synctest.Wait()
		w.Close(t.Context())
		p.config.Carrier = nil
		p.start()
		pass(time.Hour)
		synctest.Wait()
		p.wants(id, belfry.Ambiguous, "may have arrived; since then: no mail server is set")
	})
}
