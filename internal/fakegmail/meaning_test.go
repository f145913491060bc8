package fakegmail_test

import (
	"context"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
	"github.com/belfryhq/belfry/storetest"
)

// meanings is what each reply means, as the specification says; the texts were gathered apart from those of package
// smtpmail.
func meanings() map[string]belfry.Outcome {
	deferred := func(f belfry.Fault) belfry.Outcome { return belfry.Outcome{Verdict: belfry.Deferred, Fault: f} }
	tried := func(f belfry.Fault) belfry.Outcome {
		return belfry.Outcome{Verdict: belfry.Deferred, Fault: f, Counts: true}
	}
	refused := func(f belfry.Fault) belfry.Outcome {
		return belfry.Outcome{Verdict: belfry.Refused, Fault: f, Counts: true}
	}
	nobody := belfry.Outcome{Verdict: belfry.Refused, Fault: belfry.FaultPerson, Counts: true, Suppress: true}
	return map[string]belfry.Outcome{
		"app-password-required": deferred(belfry.FaultAuth), "web-login-required": deferred(belfry.FaultAuth), "bad-credentials": deferred(belfry.FaultAuth),
		"too-many-logins": deferred(belfry.FaultAuth), "auth-temporary": deferred(belfry.FaultConnection),
		"starttls-first": deferred(belfry.FaultConfig), "auth-required": deferred(belfry.FaultConfig),
		"temporary-problem": deferred(belfry.FaultConnection), "server-busy": deferred(belfry.FaultConnection),
		"connection-expired": deferred(belfry.FaultConnection), "timeout-closing": deferred(belfry.FaultConnection), "try-later": deferred(belfry.FaultThrottle),
		"daily-limit": deferred(belfry.FaultQuota), "daily-relay-limit": deferred(belfry.FaultQuota), "peak-relay-limit": deferred(belfry.FaultQuota),
		"unusual-rate": deferred(belfry.FaultThrottle), "unusual-rate-blocked": deferred(belfry.FaultThrottle), "same-message-id": tried(belfry.FaultBug),
		"no-ptr": tried(belfry.FaultSender), "ptr-temporary": tried(belfry.FaultSender), "spf-suspicious": tried(belfry.FaultSender),
		"unauthenticated": tried(belfry.FaultSender), "spf-failed": tried(belfry.FaultSender), "no-tls": tried(belfry.FaultSender),
		"dkim-failed": tried(belfry.FaultSender), "dmarc-unaligned": tried(belfry.FaultSender),
		"too-quickly": tried(belfry.FaultPerson), "mailbox-full": tried(belfry.FaultPerson), "over-quota": refused(belfry.FaultPerson),
		"no-such-user": nobody, "disabled-user": nobody, "no-such-domain": nobody, "bad-address": nobody, "too-many-recipients": tried(belfry.FaultBug),
		"unsolicited": refused(belfry.FaultMessage), "policy": refused(belfry.FaultMessage), "bad-headers": refused(belfry.FaultBug), "malformed": refused(belfry.FaultBug),
		"too-large": refused(belfry.FaultMessage), "too-large-content": refused(belfry.FaultMessage), "blocked-attachment": refused(belfry.FaultMessage),
	}
}

func TestRepliesMeanWhatIsSpecified(t *testing.T) {
	t.Parallel()
	want := meanings()
	for _, row := range fakegmail.Rows() {
		for _, way := range []string{"BDAT", "DATA"} {
			t.Run(row.Name+" "+way, func(t *testing.T) {
				t.Parallel()
				text := row.Name
				if way == "DATA" {
					text += "; ehlo=-CHUNKING"
				}
				got := carry(t, text)
				if got.Attempt == nil || got.Attempt.Code != row.Answer.Code || got.Attempt.EnhancedCode != row.Answer.Enhanced {
					t.Errorf("got the attempt %+v, want %s", got.Attempt, row.Answer)
				}
				if w := want[row.Name]; got.Verdict != w.Verdict || got.Fault != w.Fault || got.Counts != w.Counts || got.Suppress != w.Suppress || got.Reason == "" {
					t.Errorf("got %+v, want %+v", got, w)
				}
			})
		}
	}
}

func carry(t *testing.T, text string) belfry.Outcome {
	t.Helper()
	opts := scenario(t, text)
	s := start(t, opts)
	c, err := smtpmail.New(smtpmail.Config{
		State: storetest.NewMemory(), Patience: patience,
		Accounts: []smtpmail.Account{{
			Host: "127.0.0.1", Port: s.Port(), User: "me@gmail.com", Secret: "abcdabcdabcdabcd", RootCAs: s.CertPool(), Timeouts: smtpmail.Within(patience),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	return c.Carry(ctx, belfry.Letter{From: "me@gmail.com", To: "ada@example.org", Message: []byte(mail(1))}, func(context.Context, string) error { return nil })
}

// A carrier in good order is what the others are compared with.
func TestMailIsCarried(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "ehlo=-CHUNKING", "ehlo=-PIPELINING", "ehlo=-PIPELINING,-CHUNKING,-SIZE,-8BITMIME", "tarpit=1us", "stall=dot:50ms"} {
		before := time.Now()
		if got := carry(t, text); got.Verdict != belfry.Delivered || got.Attempt.Code != 250 || got.Attempt.EnhancedCode != "2.0.0" {
			t.Errorf("%q: got %+v after %v", text, got, time.Since(before))
		}
	}
}
