package smtpmail_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
)

// Every way of handing a mail over brings the same bytes, by one connection and one login.
func TestDelivered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scenario string
		by       string
		change   func(*smtpmail.Account)
	}{
		"as Gmail":          {"", "BDAT", nil},
		"without chunks":    {"ehlo=-CHUNKING", "DATA", nil},
		"without pipelines": {"ehlo=-PIPELINING", "BDAT", nil},
		"with neither":      {"ehlo=-PIPELINING,-CHUNKING", "DATA", nil},
		"by LOGIN":          {"", "BDAT", func(a *smtpmail.Account) { a.Auth = smtpmail.AuthLogin }},
		"byte by byte":      {"tarpit=100us", "BDAT", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.scenario, func(a *smtpmail.Account) {
				if c.change != nil {
					c.change(a)
				}
			})
			for n := range 3 {
				got := b.send(n)
				b.want(got, belfry.Delivered, belfry.FaultNone)
				if got.Attempt == nil || got.Attempt.Code != 250 || got.Attempt.EnhancedCode != "2.0.0" || !strings.HasPrefix(got.Attempt.Text, "OK") ||
					got.Attempt.Stage != "dot" || got.Account != "main" || !got.Attempt.At.Equal(b.clock.Now()) {
					t.Errorf("got the attempt %+v by %q", got.Attempt, got.Account)
				}
			}
			kept := b.server.Messages()
			if len(kept) != 3 || b.server.Connections() != 1 || len(b.commits) != 3 || b.commits[0] != "main" {
				t.Fatalf("got %d mails, %d connections, commits %q; want 3, 1, 3", len(kept), b.server.Connections(), b.commits)
			}
			for n, m := range kept {
				if string(m.Data) != string(mail(n).Message) || m.By != c.by || m.From != user || m.To[0] != "eve@example.net" || m.User != user || m.TLS == "" {
					t.Errorf("got %+v with %q", m, m.Data)
				}
			}
			if got := b.carrier.Accounts(b.clock.Now())[0]; got.Sent != 3 || got.State != "ready" || got.QuotaLeft != -1 {
				t.Errorf("got the status %+v", got)
			}
		})
	}
}

func TestLargeMailWaitsForTheEnvelope(t *testing.T) {
	t.Parallel()
	large := mail(1)
	large.Message = append(large.Message, []byte(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 5000))...)
	for _, scenario := range []string{"", "ehlo=-CHUNKING"} {
		b := newBench(t, "to=nobody@example.net:no-such-user; "+scenario)
		b.want(b.carry(large), belfry.Delivered, belfry.FaultNone)
		if got := b.server.Messages()[0].Data; string(got) != string(large.Message) {
			t.Errorf("%q: got %d bytes, want %d", scenario, len(got), len(large.Message))
		}
		large := large
		large.To = "nobody@example.net"
		commits := len(b.commits)
		got := b.carry(large)
		b.want(got, belfry.Refused, belfry.FaultPerson)
		if !got.Suppress || len(b.commits) != commits {
			t.Errorf("%q: got suppress %v, %d commits more", scenario, got.Suppress, len(b.commits)-commits)
		}
		b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
		if got := b.server.Connections(); got != 1 {
			t.Errorf("%q: got %d connections, want 1", scenario, got)
		}
	}
}

// After a refusal in good order the connection goes on, and nothing of the refused mail is in the next.
func TestRefusalKeepsTheConnection(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"", "ehlo=-CHUNKING", "ehlo=-PIPELINING", "ehlo=-PIPELINING,-CHUNKING"} {
		for _, fault := range []string{"reply=mail:450 later", "no-such-user", "mailbox-full", "unsolicited", "unsolicited@data"} {
			b := newBench(t, "nth=2:"+fault+"; "+scenario)
			b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
			if got := b.send(2); got.Verdict != belfry.Deferred && got.Verdict != belfry.Refused {
				t.Errorf("%s, %s: got %+v", scenario, fault, got)
			}
			b.want(b.send(3), belfry.Delivered, belfry.FaultNone)
			kept := b.server.Messages()
			if fault == "unsolicited@data" && strings.Count(b.server.Dialogue(), "C: BDAT") > 0 {
				continue // there is no DATA to refuse
			}
			if len(kept) != 2 || string(kept[1].Data) != string(mail(3).Message) || b.server.Connections() != 1 {
				t.Errorf("%s, %s: got %d mails by %d connections\n%s", scenario, fault, len(kept), b.server.Connections(), b.server.Dialogue())
			}
		}
	}
}

// A commit that is refused sends nothing, whichever way the mail goes, and leaves the account as it was.
func TestCommitRefused(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"", "ehlo=-PIPELINING", "ehlo=-CHUNKING"} {
		b := newBench(t, scenario)
		for _, err := range []error{errors.New("the disk is gone"), belfry.ErrLeaseLost} {
			got := b.carrier.Carry(t.Context(), mail(1), func(context.Context, string) error { return err })
			if got.Verdict != belfry.Deferred || got.Counts || got.Attempt != nil || strings.Contains(got.Reason, "disk") {
				t.Errorf("%s: got %+v", scenario, got)
			}
		}
		b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
		if kept := b.server.Messages(); len(kept) != 1 || kept[0].MessageID != "<2@example.org>" {
			t.Errorf("%s: got %d mails", scenario, len(kept))
		}
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	b := newBench(t, "", func(a *smtpmail.Account) { a.MaxPerConnection = 3 })
	for n := range 7 {
		b.want(b.send(n), belfry.Delivered, belfry.FaultNone)
	}
	if got := b.server.Connections(); got != 3 {
		t.Errorf("got %d connections, want 3", got)
	}
	if got := strings.Count(b.server.Dialogue(), "C: QUIT"); got != 2 {
		t.Errorf("got %d QUIT, want 2: nothing was open", got)
	}
}

// A server that closes idle connections costs no mail and no try.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"", "ehlo=-CHUNKING"} {
		b := newBench(t, "conn=1:hangup=dot; "+scenario)
		b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
		got := b.send(2)
		if scenario == "" && got.Verdict == belfry.Lost {
			continue // sent at once after the first, in one flight: nobody can know
		}
		b.want(got, belfry.Delivered, belfry.FaultNone)
	}
	b := newBench(t, "conn=1:nth=2:connection-expired; ehlo=-CHUNKING")
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
	b = newBench(t, "conn=1:nth=2:connection-expired")
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	got := b.send(2)
	b.want(got, belfry.Deferred, belfry.FaultConnection)
	if got.Counts || !got.NotBefore.Equal(b.clock.Now()) {
		t.Errorf("got %+v, want a new try at once that is none", got)
	}
	b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
}

func TestIdleConnectionIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "", func(a *smtpmail.Account) { a.IdleClose = time.Millisecond })
	closed := make(chan struct{})
	s := fakeWith(t, fakegmail.Options{Watch: func(e fakegmail.Event) {
		if e.Kind == fakegmail.Closed {
			close(closed)
		}
	}}, "")
	a := accountAt(s)
	a.IdleClose = time.Millisecond
	b.open(a)
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	<-closed
	if got := s.Dialogue(); !strings.Contains(got, "C: QUIT") {
		t.Errorf("got no QUIT:\n%s", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	l := mail(1)
	l.To = "eve@bücher.example"
	b.want(b.carry(l), belfry.Delivered, belfry.FaultNone)
	l.To = "müller@bücher.example"
	b.want(b.carry(l), belfry.Delivered, belfry.FaultNone)
	kept := b.server.Messages()
	if kept[0].To[0] != "eve@xn--bcher-kva.example" || strings.Contains(strings.Join(kept[0].Params, " "), "SMTPUTF8") {
		t.Errorf("got %q with %q", kept[0].To, kept[0].Params)
	}
	if kept[1].To[0] != "müller@xn--bcher-kva.example" || !strings.Contains(strings.Join(kept[1].Params, " "), "SMTPUTF8") {
		t.Errorf("got %q with %q", kept[1].To, kept[1].Params)
	}
	for _, to := range []string{"", "eve", "@example.org", "eve@", "e ve@example.org", "eve@example.org> RCPT TO:<mallory@example.org", "eve@example.org\r\nDATA", "<eve@example.org>", strings.Repeat("e", 400) + "@example.org"} {
		l := mail(2)
		l.To = to
		if got := b.carry(l); got.Verdict != belfry.Refused || got.Fault != belfry.FaultBug || got.Attempt != nil {
			t.Errorf("%q: got %+v", to, got)
		}
	}
	b = newBench(t, "ehlo=-SMTPUTF8")
	got := b.carry(l)
	b.want(got, belfry.Refused, belfry.FaultMessage)
	b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
}

func TestMessagesThatCouldSmuggle(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	for _, text := range []string{"", "no end", "bare\nlf\r\n", "bare\rcr\r\n", "a\n.\r\nb\r\n", "a\r.\r\nb\r\n", "zero\x00\r\n", strings.Repeat("x", 999) + "\r\n", "\r\r\n"} {
		l := mail(1)
		l.Message = []byte(text)
		if got := b.carry(l); got.Verdict != belfry.Refused || got.Fault != belfry.FaultBug {
			t.Errorf("%.20q: got %+v", text, got)
		}
	}
	if got := b.server.Connections(); got != 0 {
		t.Errorf("got %d connections, want none", got)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	b := newBench(t, "size=300")
	l := mail(1)
	l.Message = append(l.Message, []byte(strings.Repeat("0123456789\r\n", 100))...)
	b.want(b.carry(l), belfry.Refused, belfry.FaultMessage) // EHLO said so
	b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
	if got := b.server.Connections(); got != 1 || len(b.commits) != 1 {
		t.Errorf("got %d connections, %d commits", got, len(b.commits))
	}
	_ = b.carrier.Close()
	b.server.Forget()
	// A host of Google's is not even asked.
	google := newBench(t, "", func(a *smtpmail.Account) { a.Host = "smtp.gmail.com"; a.Port = 1 })
	l.Message = make([]byte, 0, 36<<20)
	for len(l.Message) < 36<<20-100 {
		l.Message = append(l.Message, "0123456789012345678901234567890123456789012345678901234567890123456789\r\n"...)
	}
	if got := google.carry(l); got.Verdict != belfry.Refused || got.Fault != belfry.FaultMessage {
		t.Errorf("got %+v", got)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	stalled := make(chan struct{})
	s := fakeWith(t, fakegmail.Options{Watch: func(e fakegmail.Event) {
		if e.Kind == fakegmail.Accepted {
			close(stalled)
		}
	}}, "stall=dot:1h")
	b := newBench(t, "")
	b.open(accountAt(s))
	done := make(chan belfry.Outcome)
	go func() { done <- b.send(1) }()
	<-stalled
	if err := b.carrier.Close(); err != nil {
		t.Error(err)
	}
	if got := <-done; got.Verdict != belfry.Lost || got.Fault != belfry.FaultAmbiguous {
		t.Errorf("got %+v, want that nobody knows", got)
	}
	if err := b.carrier.Close(); err != nil {
		t.Error(err)
	}
	if got := b.send(2); got.Verdict != belfry.Deferred || got.Counts {
		t.Errorf("after Close: got %+v", got)
	}
}
