package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// Mail that a process had under way when it ended need not wait for its leases: nobody is left to settle it.
func TestLeasesEndWithTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	a := send(belfry.ToUsers("1", "2"), "mail")
	a.Decide = func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{{
			Channel: belfry.Email, To: "ada@example.com", State: belfry.Queued, NextAttemptAt: start, Plan: &belfry.MailPlan{},
		}}}
	}
	accept(t, s, a)
	claim := func(s *sqlite.Store, now time.Time) []belfry.Mail {
		t.Helper()
		mails, _, err := s.Claim(t.Context(), belfry.ClaimQuery{
			Order: []belfry.MailClass{belfry.Transactional}, Limit: 10, Now: now, Lease: 15 * time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		return mails
	}
	before := claim(s, start)
	if len(before) != 2 {
		t.Fatalf("claimed %d mails, want 2", len(before))
	}
	if err := s.Prepare(t.Context(), before[0].Lease, "1@example.com", []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), before[0].Lease, "main"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openFile(t, path)
	if n, err := s.QueuedMails(t.Context()); err != nil || len(n) != 1 || n[belfry.Transactional] != 2 {
		t.Errorf("got %v, %v, want two transactional mails queued", n, err)
	}
	after := claim(s, start.Add(time.Second))
	if len(after) != 2 {
		t.Fatalf("claimed %d mails after the restart, want both", len(after))
	}
	for i, m := range after {
		if m.Lease.Token <= before[i].Lease.Token || m.Committed != (i == 0) || (string(m.Message) == "bytes") != (i == 0) {
			t.Errorf("mail %d: got token %d after %d, committed %v, bytes %q", i, m.Lease.Token, before[i].Lease.Token, m.Committed, m.Message)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	for _, m := range claim(openFile(t, copied), start.Add(time.Second)) {
		if !m.Committed {
			t.Errorf("%s may have been sent after the backup was made, and the restored file does not say so", m.Delivery.ID)
		}
	}
	if err := s.Settle(t.Context(), before[1].Lease, belfry.Settlement{State: belfry.Sent}); !errors.Is(err, belfry.ErrLeaseLost) {
		t.Errorf("got %v for the lease of the ended process", err)
	}
}
