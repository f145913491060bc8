package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// crashMail, in the environment, makes the program that crashes one that sends mail.
const crashMail = "BELFRY_TEST_CRASH_MAIL"

// mailTo is a send with a mail that is due at once.
func mailTo(user string, class belfry.MailClass) belfry.Accept {
	return belfry.Accept{Send: &belfry.Send{To: belfry.ToUser(user), Category: "order.assigned", Title: "Order 1138 is yours", Body: "Due on Friday."}, At: start, Decide: func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{{
			Channel: belfry.Email, To: user + "@example.com", State: belfry.Queued, NextAttemptAt: start,
			Plan: &belfry.MailPlan{Class: class, Unless: belfry.UnlessRead, GiveUpAt: start.Add(24 * time.Hour)},
		}}}
	}}
}

// loadMail queues mails and takes them their way without end, and writes down each step that was acknowledged: what was
// done, which mail, and its bytes or token.
func loadMail(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	var out sync.Mutex
	say := func(what string, l belfry.Lease, more any) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(what, l.Delivery, more) //nolint:forbidigo // it is this process's answer to its parent
	}
	for i := range 8 {
		go func() {
			for n := 0; ; n++ {
				a := mailTo("42", belfry.Transactional)
				a.At = time.Now()
				if _, err := s.Accept(ctx, []belfry.Accept{a}); err != nil {
					failed <- err
					return
				}
				if err := work(ctx, s, n, fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n), say); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// work claims a mail, and leaves it at some point of its way.
func work(ctx context.Context, s *sqlite.Store, n int, message string, say func(string, belfry.Lease, any)) error {
	mails, _, err := s.Claim(ctx, belfry.ClaimQuery{Order: everyMailClass(), Limit: 1, Now: time.Now(), Lease: time.Hour})
	if err != nil || len(mails) == 0 {
		return err
	}
	l := mails[0].Lease
	say("claimed", l, l.Token)
	if mails[0].Message == nil {
		if err := s.Prepare(ctx, l, "<"+message+"@x.org>", []byte(message)); err != nil {
			return err
		}
		say("prepared", l, message)
	}
	if n%4 == 0 {
		return nil
	}
	if err := s.Commit(ctx, l, "main"); err != nil {
		return err
	}
	say("committed", l, "")
	if n%4 == 1 {
		return nil
	}
	if err := s.Settle(ctx, l, belfry.Settlement{State: belfry.Sent, At: time.Now()}); err != nil {
		return err
	}
	say("sent", l, "")
	return nil
}

func everyMailClass() []belfry.MailClass {
	return []belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk}
}

func TestMailSurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	acknowledged := map[string]bool{}
	for round := range 4 {
		crash(t, path, 100+200*round, acknowledged, crashMail+"=1")
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		checkMail(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkMail holds what is stored against what was acknowledged.
func checkMail(t *testing.T, s *sqlite.Store, acknowledged map[string]bool) {
	t.Helper()
	mails, _, err := s.Claim(t.Context(), belfry.ClaimQuery{
		Order: everyMailClass(), Limit: 100_000, Now: time.Now().Add(time.Second), Lease: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	queued := map[belfry.ID]belfry.Mail{}
	for _, m := range mails {
		queued[m.Delivery.ID] = m
	}
	prepared := 0
	for line := range acknowledged {
		what, rest, _ := strings.Cut(line, " ")
		name, more, _ := strings.Cut(rest, " ")
		id, err := belfry.ParseID(name)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		d, message, err := s.Delivery(t.Context(), id)
		if err != nil {
			t.Fatalf("%q was acknowledged: %v", line, err)
		}
		m, isQueued := queued[id]
		if d.State != belfry.Sent && !isQueued {
			t.Errorf("%q: the mail is %s, and no claim finds it", line, d.State)
		}
		var token int64
		switch what {
		case "claimed":
			if _, err := fmt.Sscan(more, &token); err != nil || isQueued && m.Lease.Token <= token {
				t.Errorf("%q: the next token is %d, %v", line, m.Lease.Token, err)
			}
		case "prepared":
			prepared++
			if string(message) != more || isQueued && string(m.Message) != more || d.MessageID != "<"+more+"@x.org>" {
				t.Errorf("%q: the bytes are %q, the message id %q", line, message, d.MessageID)
			}
		case "committed":
			if isQueued && !m.Committed {
				t.Errorf("%q: nothing tells that it may have been accepted", line)
			}
		case "sent":
			if d.State != belfry.Sent {
				t.Errorf("%q: the mail is %s", line, d.State)
			}
		default:
			t.Fatalf("the child said %q", line)
		}
	}
	if prepared == 0 {
		t.Error("no mail was prepared")
	}
}
