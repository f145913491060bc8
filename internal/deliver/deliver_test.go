package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
)

func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for what, change := range map[string]func(*deliver.Config){
		"an outbox":        func(c *deliver.Config) { c.Outbox = nil },
		"a renderer":       func(c *deliver.Config) { c.Render = nil },
		"a sender":         func(c *deliver.Config) { c.From = "" },
		"a whole number":   func(c *deliver.Config) { c.Workers = -1 },
		"a time that runs": func(c *deliver.Config) { c.Lease = -1 },
	} {
		c := p.config
		change(&c)
		if _, err := deliver.New(c); err == nil {
			t.Errorf("New works without %s", what)
		}
	}
}

func TestSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		w := p.start()
		synctest.Wait()
		id := p.queue(mail{to: "ada@example.org"})[0]
		w.Wake()
		synctest.Wait()
		d := p.wants(id, belfry.Sent, "accepted")
		if d.SentAt.IsZero() || d.Tries != 1 || d.Account != "main" || len(d.Attempts) != 1 || d.Attempts[0].Code != 250 {
			t.Errorf("got %+v, want the server's own answer kept", d)
		}
		_, stored, err := p.Delivery(t.Context(), d.ID)
		l := p.letters()
		if err != nil || len(l) != 1 || !bytes.Equal(l[0].Message, stored) || l[0].From != "bell@example.com" || l[0].To != "ada@example.org" {
			t.Errorf("got %v and %+v, want what is stored carried once", err, l)
		}
		if s := w.Stats(); s.Settled[deliver.Settled{State: belfry.Sent, Class: belfry.Transactional}] != 1 || s.Claimed != 1 || s.UnderWay != 0 {
			t.Errorf("got stats %+v", s)
		}
	})
}

// Nothing is looked for more often than each minute while nobody says that there is mail; a delayed mail leaves on time.
func TestSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		id := p.queue(mail{delay: 10*time.Minute + 30*time.Second})[0]
		due := time.Now().Add(10*time.Minute + 30*time.Second)
		p.start()
		pass(time.Hour)
		synctest.Wait()
		p.wants(id, belfry.Sent, "")
		if l := p.letters(); len(l) != 1 || l[0].at.Sub(due) > time.Second || l[0].at.Before(due) {
			t.Errorf("got %+v, want one letter at %v", l, due)
		}
		if p.claims > 65 {
			t.Errorf("looked %d times in an hour", p.claims)
		}
	})
}

func TestNoCarrierCaptures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.config.Carrier, p.config.From = nil, ""
		id := p.queue(mail{})[0]
		p.start()
		synctest.Wait()
		d := p.wants(id, belfry.Captured, "no mail server")
		if _, message, err := p.Delivery(t.Context(), d.ID); err != nil || len(message) == 0 || d.MessageID == "" {
			t.Errorf("got %v, %d bytes and the id %q, want the mail kept", err, len(message), d.MessageID)
		}
	})
}

// A mail that cannot be rendered says where its template is wrong, and is heard of in the log.
func TestRenderFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		p.config.Render = func(context.Context, *belfry.Mail) (string, []byte, error) {
			return "", nil, errors.New(`order/body.html:7: no "total" in .Data`)
		}
		id := p.queue(mail{})[0]
		w := p.start()
		synctest.Wait()
		p.wants(id, belfry.Failed, `order/body.html:7: no "total" in .Data`)
		if len(p.letters()) != 0 {
			t.Error("it was carried all the same")
		}
		w.Close(t.Context())
		if !strings.Contains(p.log.String(), "level=ERROR") || !strings.Contains(p.log.String(), "body.html:7") {
			t.Errorf("the log has no alarm: %s", p.log.String())
		}
	})
}

// One mail that makes Belfry itself fail takes nothing else with it.
func TestPanic(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPost(t)
			p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
				if l.To != "bad@example.org" {
					return p.obey(ctx, l, commit)
				}
				if after {
					_ = commit(ctx, "main")
				}
				panic("a bug")
			}
			ids := p.queue(mail{to: "bad@example.org"}, mail{})
			p.start()
			synctest.Wait()
			want := belfry.Failed
			if after {
				want = belfry.Ambiguous
			}
			p.wants(ids[0], want, "Belfry failed")
			p.wants(ids[1], belfry.Sent, "")
		})
	}
}

// What was read meanwhile is not sent, also when it was being handed over already.
func TestReadCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		yes := true
		read := func(user string, id belfry.ID) {
			if _, err := p.Mark(context.Background(), belfry.Mark{User: user, Set: belfry.StateChange{Read: &yes}, IDs: []belfry.ID{id}, At: time.Now().UTC()}); err != nil {
				t.Error(err)
			}
		}
		plan := belfry.MailPlan{Unless: belfry.UnlessRead}
		ids := p.queue(mail{plan: plan, delay: 10 * time.Minute}, mail{plan: plan, delay: 20 * time.Minute})
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			read("user-2", ids[1])
			return p.obey(ctx, l, commit)
		}
		p.start()
		pass(time.Minute)
		read("user-1", ids[0])
		pass(time.Hour)
		synctest.Wait()
		p.wants(ids[0], belfry.Canceled, "read before it was sent")
		d := p.wants(ids[1], belfry.Canceled, "read before it was sent")
		if n := len(p.letters()); n != 1 || d.Tries != 0 || len(d.Attempts) != 0 {
			t.Errorf("got %d letters begun and %+v", n, d)
		}
	})
}

// Two workers, each of several hands, send each mail once.
func TestManyHands(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.config.Workers = 8
	mails := make([]mail, 300)
	for i := range mails {
		mails[i].plan.Class = belfry.MailClass(i % 3)
	}
	ids := p.queue(mails...)
	done := make(chan struct{})
	p.answer = func(n int, _ belfry.Letter) belfry.Outcome {
		if n == len(mails) {
			close(done)
		}
		return accepted()
	}
	workers := []*deliver.Worker{p.start(), p.start()}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%d letters after 20 s", len(p.letters()))
	}
	for _, w := range workers {
		w.Close(t.Context())
	}
	for _, id := range ids {
		p.wants(id, belfry.Sent, "")
	}
	if n := len(p.letters()); n != len(mails) {
		t.Errorf("carried %d letters for %d mails", n, len(mails))
	}
}
