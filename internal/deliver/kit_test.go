package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
	"github.com/belfryhq/belfry/storetest"
)

// A post is an outbox, a carrier that does what the test says, and what happened.
type post struct {
	*testing.T
	*storetest.Memory
	config deliver.Config
	log    bytes.Buffer // of the worker; read it after the worker was closed

	mu      sync.Mutex
	answer  func(n int, l belfry.Letter) belfry.Outcome // what becomes of the letter number n, from 1 on
	carry   func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome
	ready   func(now time.Time, class belfry.MailClass) (bool, time.Time, string)
	carried []carried
	claims  int
	onStore func(call string) error // an outbox that fails
	people  int
	plan    belfry.MailPlan // of those whose mail has none
}

type carried struct {
	belfry.Letter
	at time.Time
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, Memory: storetest.NewMemory(), answer: func(int, belfry.Letter) belfry.Outcome { return accepted() }}
	p.carry = p.obey
	p.ready = func(now time.Time, _ belfry.MailClass) (bool, time.Time, string) { return true, now, "" }
	p.onStore = func(string) error { return nil }
	p.config = deliver.Config{
		Outbox: p, Folder: p, Carrier: p, Render: render, RenderFolded: renderFolded, From: "bell@example.com", Random: func() float64 { return .5 },
		Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
	}
	return p
}

// render makes other bytes each time, so that a second rendering would be noticed.
func render(_ context.Context, m *belfry.Mail) (string, []byte, error) {
	id := "<" + m.Delivery.ID.String() + "@example.com>"
	return id, fmt.Appendf(nil, "Message-ID: %s\r\nDate: %v\r\n\r\n%s", id, time.Now(), m.Notification.Title), nil
}

func renderFolded(_ context.Context, mails []*belfry.Mail) (string, []byte, error) {
	id := "<" + mails[0].Delivery.ID.String() + ".folded@example.com>"
	b := fmt.Appendf(nil, "Message-ID: %s\r\nDate: %v\r\n\r\n", id, time.Now())
	for _, m := range mails {
		b = append(b, m.Notification.Title+"\r\n"...)
	}
	return id, b, nil
}

func accepted() belfry.Outcome {
	return belfry.Outcome{
		Verdict: belfry.Delivered, Account: "main", Counts: true,
		Attempt: &belfry.Attempt{At: time.Now(), Stage: "dot", Code: 250, Text: "2.0.0 OK 1138"},
	}
}

func deferred(fault belfry.Fault, counts bool) belfry.Outcome {
	return belfry.Outcome{
		Verdict: belfry.Deferred, Fault: fault, Account: "main", Counts: counts, Reason: "not now: " + string(fault),
		Attempt: &belfry.Attempt{At: time.Now(), Stage: "rcpt", Code: 451, Text: "later"},
	}
}

func lost() belfry.Outcome {
	return belfry.Outcome{
		Verdict: belfry.Lost, Fault: belfry.FaultAmbiguous, Account: "main", Counts: true,
		Attempt: &belfry.Attempt{At: time.Now(), Stage: "dot", Text: "connection lost"},
	}
}

// start has a worker work until the test ends.
func (p *post) start() *deliver.Worker {
	p.Helper()
	w, err := deliver.New(p.config)
	if err != nil {
		p.Fatal(err)
	}
	w.Start()
	p.Cleanup(func() { w.Close(context.Background()) }) // the test's own has ended by then
	return w
}

// Carry implements [belfry.Carrier].
func (p *post) Carry(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
	p.mu.Lock()
	carry := p.carry
	p.mu.Unlock()
	return carry(ctx, l, commit)
}

// obey carries a letter as answer says. What it says of a letter before the commit, a server would have said to RCPT.
func (p *post) obey(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
	p.mu.Lock()
	p.carried = append(p.carried, carried{l, time.Now()})
	o := p.answer(len(p.carried), l)
	p.mu.Unlock()
	if o.Verdict == belfry.Delivered || o.Verdict == belfry.Lost {
		if err := commit(ctx, "main"); err != nil {
			return belfry.Outcome{Verdict: belfry.Deferred, Reason: err.Error()}
		}
	}
	return o
}

// Ready implements [belfry.Carrier].
func (p *post) Ready(now time.Time, class belfry.MailClass) (bool, time.Time, string) {
	return p.ready(now, class)
}

// Accounts implements [belfry.Carrier].
func (*post) Accounts(time.Time) []belfry.AccountStatus {
	return []belfry.AccountStatus{{Name: "main"}}
}

// Close implements [belfry.Carrier].
func (*post) Close() error { return nil }

// Claim implements [belfry.Outbox].
func (p *post) Claim(ctx context.Context, q belfry.ClaimQuery) ([]belfry.Mail, time.Time, error) {
	p.mu.Lock()
	p.claims++
	err := p.onStore("claim")
	p.mu.Unlock()
	if err != nil {
		return nil, time.Time{}, err
	}
	return p.Memory.Claim(ctx, q)
}

// Commit implements [belfry.Outbox].
func (p *post) Commit(ctx context.Context, l belfry.Lease, account string) error {
	if err := p.fails("commit"); err != nil {
		return err
	}
	return p.Memory.Commit(ctx, l, account)
}

// Settle implements [belfry.Outbox].
func (p *post) Settle(ctx context.Context, l belfry.Lease, s belfry.Settlement) error {
	if s.Reason == "" {
		p.Errorf("a mail was settled as %s without a reason", s.State)
	}
	if err := p.fails("settle"); err != nil {
		return err
	}
	return p.Memory.Settle(ctx, l, s)
}

// Fold implements [belfry.Folder].
func (p *post) Fold(ctx context.Context, leases []belfry.Lease, account, messageID string, message []byte) error {
	if err := p.fails("fold"); err != nil {
		return err
	}
	return p.Memory.Fold(ctx, leases, account, messageID, message)
}

func (p *post) fails(call string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.onStore(call)
}

// A mail is what a test wants sent; the zero mail is a transactional one to somebody new, due now, for a day.
type mail struct {
	user  string
	to    string
	plan  belfry.MailPlan
	delay time.Duration
	ttl   time.Duration
}

// queue has mails accepted, each as a notification of its own, and returns the ids of the notifications.
func (p *post) queue(mails ...mail) []belfry.ID {
	p.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	var accepts []belfry.Accept
	for _, m := range mails {
		p.people++
		if m.to == "" {
			m.to = fmt.Sprintf("person-%d@example.org", p.people)
		}
		if m.user == "" {
			m.user = fmt.Sprintf("user-%d", p.people)
		}
		if m.ttl == 0 {
			m.ttl = belfry.DefaultMailTTL
		}
		plan := m.plan
		if plan == (belfry.MailPlan{}) {
			plan = p.plan
		}
		plan.GiveUpAt = now.Add(m.delay + m.ttl)
		d := belfry.Delivery{Channel: belfry.Email, To: m.to, State: belfry.Queued, Reason: "waits", NextAttemptAt: now.Add(m.delay), Plan: &plan}
		accepts = append(accepts, belfry.Accept{
			At: now, Send: &belfry.Send{To: belfry.ToUser(m.user), Category: "order", Title: fmt.Sprintf("mail %d", p.people)},
			Decide: func(*belfry.Recipient) belfry.Decision {
				return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{d}}
			},
		})
	}
	results, err := p.Accept(p.Context(), accepts)
	if err != nil {
		p.Fatal(err)
	}
	ids := make([]belfry.ID, len(results))
	for i, r := range results {
		if r.Err != nil {
			p.Fatal(r.Err)
		}
		ids[i] = r.ID
	}
	return ids
}

// of returns the mail of a notification.
func (p *post) of(notification belfry.ID) belfry.Delivery {
	p.Helper()
	r, err := p.Receipt(p.Context(), notification)
	if err != nil {
		p.Fatal(err)
	}
	if len(r.Deliveries) != 1 {
		p.Fatalf("got %d deliveries, want one", len(r.Deliveries))
	}
	return r.Deliveries[0]
}

// wants fails the test unless the mail of a notification is in a state, for a reason that has a part.
func (p *post) wants(notification belfry.ID, state belfry.DeliveryState, reason string) belfry.Delivery {
	p.Helper()
	d := p.of(notification)
	if d.State != state || !strings.Contains(d.Reason, reason) {
		p.Errorf("got a mail %s (%s), want it %s (…%s…)", d.State, d.Reason, state, reason)
	}
	return d
}

// letters returns what was carried so far.
func (p *post) letters() []carried {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]carried(nil), p.carried...)
}

// pass lets virtual time go by.
func pass(d time.Duration) { <-time.After(d) }

var errDisk = errors.New("the disk is gone")
