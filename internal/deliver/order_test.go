package deliver_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
)

func many(n int, class belfry.MailClass) []mail {
	mails := make([]mail, n)
	for i := range mails {
		mails[i].plan.Class = class
	}
	return mails
}

// slowly carries one letter in a second.
func (p *post) slowly(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
	pass(time.Second)
	return p.obey(ctx, l, commit)
}

func (p *post) classes() (all []belfry.MailClass) {
	for _, l := range p.letters() {
		all = append(all, l.Class)
	}
	return all
}

// Into a backlog of bulk comes one urgent and one transactional mail: they are the next to leave.
func TestOvertakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.config.Workers = 1
		p.carry = p.slowly
		p.queue(many(200, belfry.Bulk)...)
		w := p.start()
		pass(10500 * time.Millisecond)
		p.queue(mail{plan: belfry.MailPlan{Class: belfry.Transactional}})
		p.queue(mail{plan: belfry.MailPlan{Class: belfry.Urgent}})
		w.Wake()
		pass(3 * time.Second)
		synctest.Wait()
		got := p.classes()
		if len(got) != 13 || got[10] != belfry.Bulk || got[11] != belfry.Urgent || got[12] != belfry.Transactional {
			t.Errorf("got %v, want the one under way, then urgent, then transactional", got)
		}
	})
}

// While other mail never ends, one in eight is bulk.
func TestBulkIsNotStarved(t *testing.T) {
	t.Parallel()
	for _, class := range []belfry.MailClass{belfry.Urgent, belfry.Transactional} {
		for _, workers := range []int{1, 4, 16} {
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				p.config.Workers = workers
				p.carry = p.slowly
				p.queue(many(100, belfry.Bulk)...)
				p.queue(many(300, class)...)
				p.start()
				pass(time.Duration(160/workers)*time.Second + time.Millisecond)
				synctest.Wait()
				bulk := 0
				got := p.classes()
				for _, class := range got {
					if class == belfry.Bulk {
						bulk++
					}
				}
				if len(got) != 160 || bulk != 20 {
					t.Errorf("%d workers: %d of %d were bulk, want 20 of 160", workers, bulk, len(got))
				}
			})
		}
	}
}

// A server that swallows every bulk mail without an answer leaves a hand for the rest.
func TestStalledBulkHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			if l.Class == belfry.Bulk {
				<-ctx.Done()
				return deferred(belfry.FaultConnection, false)
			}
			return p.obey(ctx, l, commit)
		}
		p.queue(many(100, belfry.Bulk)...)
		w := p.start()
		pass(time.Second)
		synctest.Wait()
		if n := w.Stats().UnderWay; n != 7 {
			t.Errorf("%d bulk mails are under way, want all hands but one", n)
		}
		for range 20 {
			id := p.queue(mail{})[0]
			w.Wake()
			synctest.Wait()
			p.wants(id, belfry.Sent, "")
		}
	})
}

// A class that may not go now keeps no other from going, and costs no claims.
func TestReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.ready = func(now time.Time, class belfry.MailClass) (bool, time.Time, string) {
			return class != belfry.Bulk, now.Add(5 * time.Hour), "the rest of the quota is for transactional mail"
		}
		bulk := p.queue(many(10, belfry.Bulk)...)
		w := p.start()
		synctest.Wait()
		id := p.queue(mail{})[0]
		w.Wake()
		synctest.Wait()
		p.wants(id, belfry.Sent, "")
		p.wants(bulk[0], belfry.Queued, "")
		if n := w.Stats().Claimed; n != 1 {
			t.Errorf("claimed %d mails to send, want one", n)
		}
		pass(2 * time.Minute)
		synctest.Wait()
		p.wants(bulk[9], belfry.Queued, "waits: the rest of the quota is for transactional mail")
	})
}

// A rate that is paused for a moment is waited for to the moment.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		last := time.Now()
		p.ready = func(now time.Time, _ belfry.MailClass) (bool, time.Time, string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return !now.Before(last.Add(time.Second)), last.Add(time.Second), "one a second"
		}
		p.config.Workers = 1
		p.answer = func(int, belfry.Letter) belfry.Outcome {
			last = time.Now()
			return accepted()
		}
		p.queue(many(60, belfry.Bulk)...)
		w := p.start()
		pass(60*time.Second + 500*time.Millisecond)
		synctest.Wait()
		if n := len(p.letters()); n != 60 {
			t.Errorf("sent %d in a minute, want one a second", n)
		}
		w.Close(t.Context())
		if strings.Contains(p.log.String(), "waits") {
			t.Errorf("mail was told to wait for what is over in a second: %s", p.log.String())
		}
	})
}
