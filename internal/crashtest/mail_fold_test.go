package crashtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/sqlite"
)

// foldedMoments are those of a dialogue whose mail tells of several notifications.
func foldedMoments() []string {
	return []string{"-- open", "S: 235", "C: MAIL", "C: BDAT", "** ", "** ", "S: 250 2.0.0", "S: 250 2.0.0"}
}

// TestFoldedMailCrash kills the program while one mail leaves that tells of several notifications, MAIL_CRASHES times (6), by
// MAIL_SEED. Their mailbox had been full: that is written into the database, for its pauses are longer than a test.
func TestFoldedMailCrash(t *testing.T) {
	t.Parallel()
	seed := setting(t, "MAIL_SEED", uint64(time.Now().UnixNano()))
	crashes := int(setting(t, "MAIL_CRASHES", 6))
	t.Logf("%d crashes, MAIL_SEED=%d", crashes, seed)
	r := &mailRun{dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 1)), acked: map[string]string{}}
	r.fake, r.settings = fakeMail(t, r.dir, fakegmail.Options{Scenario: fakegmail.MustScenario("stall=dot:5ms"), Watch: r.watch})
	at := map[string]int{}
	for n := 0; n < crashes && !t.Failed(); n++ {
		r.fold(t, fmt.Sprintf("person-%d", n), 5)
		at[r.foldedLife(t)]++
	}
	p := serve(t, r.dir, r.settings...)
	p.until(t, "the queue is empty", func() (bool, string) {
		left, err := p.unsettled(t.Context())
		return err == nil && len(left) == 0, fmt.Sprintf("%+v %v", left, err)
	})
	twice, _ := r.audit(t, p)
	r.told(t, p)
	t.Logf("%d notifications in %d mails, %d of which came in a mail that came twice; killed at %v", len(r.acked), len(r.fake.Messages()), twice, at)
	if n := len(r.fake.Messages()); n >= len(r.acked) {
		t.Errorf("%d mails for %d notifications: none told of several", n, len(r.acked))
	}
}

// fold leaves mails of a person in the queue that may go as one.
func (r *mailRun) fold(t *testing.T, user string, n int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(r.dir, "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	var sends []belfry.Accept
	for i := range n {
		d := belfry.Delivery{
			Channel: belfry.Email, To: user + "@example.org", State: belfry.Queued, NextAttemptAt: now,
			Plan: &belfry.MailPlan{Class: belfry.Bulk, GiveUpAt: now.Add(time.Hour)}, // no other mail is bulk
		}
		sends = append(sends, belfry.Accept{
			At: now, Send: &belfry.Send{To: belfry.ToUser(user), Category: "order", Title: fmt.Sprintf("%s-%d.", user, i)},
			Decide: func(*belfry.Recipient) belfry.Decision {
				return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{d}}
			},
		})
	}
	accepted, err := s.Accept(t.Context(), sends)
	for _, a := range accepted {
		err = errors.Join(err, a.Err)
		r.acked[a.ID.String()] = "order"
	}
	mails, _, claimed := s.Claim(t.Context(), belfry.ClaimQuery{Order: []belfry.MailClass{belfry.Bulk}, Limit: 1000, Now: now, Lease: time.Minute})
	for _, m := range mails {
		if m.User.ID == user {
			waits := belfry.Settlement{State: belfry.Queued, Reason: "the mailbox was full", NextAttemptAt: now, Fold: true}
			err = errors.Join(err, s.Settle(t.Context(), m.Lease, waits))
		}
	}
	if err := errors.Join(err, claimed, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// foldedLife is one life of the process, which ends somewhere in a delivery.
func (r *mailRun) foldedLife(t *testing.T) (at string) {
	t.Helper()
	words := foldedMoments()
	tr := &trap{at: words[r.rand.IntN(len(words))]}
	var p *process
	started, killed := make(chan struct{}), make(chan struct{})
	tr.kill = func() {
		<-started
		_ = p.Cmd.Process.Kill() // that it is gone is waited for
		close(killed)
	}
	r.trap.Store(tr)
	p = serve(t, r.dir, r.settings...)
	close(started)
	select {
	case <-killed:
	case <-time.After(patience):
		t.Errorf("%q did not come in %v:\n%s\n%s", tr.at, patience, p.Output, r.fake.Dialogue())
	}
	r.trap.Store(nil)
	p.kill(t)
	return tr.at
}

// told: every notification stands in mails of one Message-ID, and in each of them.
func (r *mailRun) told(t *testing.T, p *process) {
	t.Helper()
	titles := map[string]string{} // by notification
	for id := range r.acked {
		var n struct{ Title string }
		if err := p.get(t.Context(), "/api/v1/notifications/"+id+"/", &n); err != nil {
			t.Fatal(err)
		}
		titles[id] = n.Title
	}
	for _, d := range p.deliveries(t, "") {
		title := titles[d.NotificationID]
		for _, m := range r.fake.Messages() {
			its := strings.Trim(m.MessageID, "<>") == d.MessageID
			if in := bytes.Contains(m.Data, []byte(title)); in != its {
				t.Errorf("%s in the mail %s: %t, and by the log it went with %s: %s", title, m.MessageID, in, d.MessageID, d.Reason)
			}
		}
	}
}
