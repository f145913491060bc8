package deliver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
)

// What is under way when the worker is closed has its grace; what does not end is broken off, and says the truth.
func TestClose(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		takes  time.Duration // of the server, with its answer
		commit bool          // before the waiting
		plan   belfry.MailPlan
		want   belfry.DeliveryState
		why    string
		within time.Duration
	}{
		{"quick enough", 8 * time.Second, true, belfry.MailPlan{}, belfry.Sent, "", 8 * time.Second},
		{"before the commit", time.Hour, false, belfry.MailPlan{}, belfry.Queued, "Belfry was stopped", 10 * time.Second},
		{"after the commit", time.Hour, true, belfry.MailPlan{}, belfry.Ambiguous, "may have arrived", 10 * time.Second},
		{"after the commit, at most once", time.Hour, true, belfry.MailPlan{AtMostOnce: true}, belfry.Ambiguous, "may have arrived", 10 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				p.carry = func(ctx context.Context, _ belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
					if row.commit {
						if err := commit(ctx, "main"); err != nil {
							t.Error(err)
						}
					}
					select {
					case <-time.After(row.takes):
						return accepted()
					case <-ctx.Done():
					}
					if row.commit {
						return lost()
					}
					return deferred(belfry.FaultConnection, true)
				}
				ids := p.queue(mail{plan: row.plan}, mail{plan: row.plan, delay: time.Second})
				w := p.start()
				synctest.Wait()
				begun := time.Now()
				w.Close(t.Context())
				if took := time.Since(begun); took != row.within {
					t.Errorf("closing took %v, want %v", took, row.within)
				}
				d := p.wants(ids[0], row.want, row.why)
				if !row.commit && (d.Tries != 0 || len(d.Attempts) != 0 || time.Until(d.NextAttemptAt) > time.Second) {
					t.Errorf("got %+v, want it back in the queue as if nothing had been", d)
				}
				p.wants(ids[1], belfry.Queued, "waits") // nothing new was begun
				w.Close(t.Context())
				w.Start()
				w.Wake()
				pass(time.Hour)
				p.wants(ids[1], belfry.Queued, "waits")
			})
		})
	}
}

// Whoever closes may be in more of a hurry than the grace.
func TestCloseInAHurry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.carry = func(ctx context.Context, _ belfry.Letter, _ func(context.Context, string) error) belfry.Outcome {
			<-ctx.Done()
			return deferred(belfry.FaultConnection, true)
		}
		id := p.queue(mail{})[0]
		w := p.start()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		w.Close(ctx)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("closing took %v, want a second", took)
		}
		p.wants(id, belfry.Queued, "Belfry was stopped")
	})
}

func TestCloseBeforeStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		id := p.queue(mail{})[0]
		w, err := deliver.New(p.config)
		if err != nil {
			t.Fatal(err)
		}
		w.Close(t.Context())
		w.Start()
		synctest.Wait()
		w.Close(t.Context())
		p.wants(id, belfry.Queued, "waits")
	})
}

// A store that fails for a while neither loses a mail nor has one sent twice.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"claim", "commit", "settle"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				failures := 0
				p.onStore = func(what string) error {
					if what == call && failures < 5 {
						failures++
						return errDisk
					}
					return nil
				}
				id := p.queue(mail{})[0]
				w := p.start()
				pass(20 * time.Minute)
				synctest.Wait()
				p.wants(id, belfry.Sent, "")
				if n := w.Stats().Errors; n != 5 {
					t.Errorf("counted %d errors, want 5", n)
				}
				if call == "settle" && len(p.letters()) != 1 {
					t.Errorf("carried %d letters, want one", len(p.letters()))
				}
			})
		})
	}
}
