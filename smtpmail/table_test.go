package smtpmail_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
)

var replyStages = []smtpmail.Stage{
	smtpmail.StageGreeting, smtpmail.StageEHLO, smtpmail.StageSTARTTLS, smtpmail.StageAuth, smtpmail.StageMail, smtpmail.StageRcpt, smtpmail.StageData, smtpmail.StageDot,
}

func describeRule(r smtpmail.Rule) string {
	words := []string{r.Name, string(r.Fault), r.Verdict}
	if r.Counts {
		words = append(words, "counts")
	}
	switch {
	case r.Pause.Until != "":
		words = append(words, "account until "+r.Pause.Until)
	case r.Pause.Of != "":
		words = append(words, fmt.Sprintf("%s %v-%v+%v", r.Pause.Of, r.Pause.For, r.Pause.UpTo, r.Pause.Spread))
	}
	if r.Pause.Slow {
		words = append(words, "slow")
	}
	if r.Again {
		words = append(words, "again")
	}
	if r.Suppress != "" {
		words = append(words, "suppress "+r.Suppress)
	}
	if r.Alarm {
		words = append(words, "alarm")
	}
	return strings.Join(words, ", ")
}

// Each reply that was ever seen, at each stage: what it means and what is done. UPDATE=1 writes the file; read the diff.
func TestRepliesGolden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, rule := range smtpmail.Rules() {
		for _, example := range rule.Example {
			fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(example, "\n", "\n  "))
			for _, stage := range replyStages {
				got, err := smtpmail.Judge(stage, example)
				if err != nil {
					t.Fatalf("%s: %v", example, err)
				}
				fmt.Fprintf(&b, "    %-8s %s\n", stage, describeRule(got))
			}
		}
	}
	const golden = "testdata/replies.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table means other things than %s says; run the test with UPDATE=1 and read the diff", golden)
	}
}

// The first example's row is reached at the stages that it is for, and each row says what to do.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	faults := []belfry.Fault{
		belfry.FaultAuth, belfry.FaultConfig, belfry.FaultConnection, belfry.FaultThrottle, belfry.FaultSender, belfry.FaultPerson, belfry.FaultQuota, belfry.FaultMessage, belfry.FaultBug,
	}
	for _, r := range smtpmail.Rules() {
		if names[r.Name] || r.Name == "" || r.Remedy == "" || !slices.Contains(faults, r.Fault) || r.Verdict != "deferred" && r.Verdict != "refused" {
			t.Errorf("the row %q is not whole or not alone: %+v", r.Name, r)
		}
		names[r.Name] = true
		if len(r.Code) > 0 && len(r.Example) == 0 {
			t.Errorf("the row %q has no example", r.Name)
		}
		if r.Fault == belfry.FaultAuth || r.Fault == belfry.FaultQuota || r.Fault == belfry.FaultThrottle || r.Fault == belfry.FaultConfig || r.Fault == belfry.FaultConnection {
			if r.Verdict != "deferred" && r.Name != "bad-address" || r.Counts && r.Name != "bad-address" {
				t.Errorf("the row %q blames a mail for the account", r.Name)
			}
			if r.Pause.Of != "account" && !r.Again && r.Name != "closing" && r.Name != "bad-address" {
				t.Errorf("the row %q does not park the account: every mail would run into it", r.Name)
			}
		}
		for _, example := range r.Example {
			reached := false
			for _, stage := range replyStages {
				got, err := smtpmail.Judge(stage, example)
				reached = reached || err == nil && got.Name == r.Name
			}
			if !reached {
				t.Errorf("no stage brings %q to the row %q", example, r.Name)
			}
		}
	}
	for code := 200; code < 600; code++ {
		for _, stage := range replyStages {
			if r, err := smtpmail.Judge(stage, fmt.Sprint(code)); err != nil || r.Remedy == "" {
				t.Errorf("%d at %s: got %+v, %v", code, stage, r, err)
			}
		}
	}
}

func TestTableRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"- {nam: x}", "- {name: x, text: '('}", "- {name: x, pause: {for: soon}}", "x"} {
		if got, err := smtpmail.ParseRules([]byte(text)); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
}

// Every reply that Gmail is known to give, as the fake gives it, over the wire.
func TestGmailsReplies(t *testing.T) {
	t.Parallel()
	type want struct {
		fault   belfry.Fault
		verdict belfry.Verdict
		counts  bool
		state   string // of the account afterwards
	}
	wants := map[string]want{
		"try-later":             {belfry.FaultThrottle, belfry.Deferred, false, "parked"},
		"temporary-problem":     {belfry.FaultConnection, belfry.Deferred, false, "parked"},
		"server-busy":           {belfry.FaultConnection, belfry.Deferred, false, "parked"},
		"connection-expired":    {belfry.FaultConnection, belfry.Deferred, false, "ready"},
		"timeout-closing":       {belfry.FaultConnection, belfry.Deferred, false, "ready"},
		"starttls-first":        {belfry.FaultConfig, belfry.Deferred, false, "parked"},
		"auth-required":         {belfry.FaultConfig, belfry.Deferred, false, "parked"},
		"app-password-required": {belfry.FaultAuth, belfry.Deferred, false, "parked"},
		"web-login-required":    {belfry.FaultAuth, belfry.Deferred, false, "parked"},
		"bad-credentials":       {belfry.FaultAuth, belfry.Deferred, false, "parked"},
		"too-many-logins":       {belfry.FaultAuth, belfry.Deferred, false, "parked"},
		"auth-temporary":        {belfry.FaultConnection, belfry.Deferred, false, "parked"},
		"daily-limit":           {belfry.FaultQuota, belfry.Deferred, false, "parked"},
		"daily-relay-limit":     {belfry.FaultQuota, belfry.Deferred, false, "parked"},
		"peak-relay-limit":      {belfry.FaultQuota, belfry.Deferred, false, "parked"},
		"unusual-rate":          {belfry.FaultThrottle, belfry.Deferred, false, "parked"},
		"unusual-rate-blocked":  {belfry.FaultThrottle, belfry.Deferred, false, "parked"},
		"same-message-id":       {belfry.FaultBug, belfry.Deferred, true, "parked"},
		"no-ptr":                {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"ptr-temporary":         {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"spf-suspicious":        {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"unauthenticated":       {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"spf-failed":            {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"no-tls":                {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"dkim-failed":           {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"dmarc-unaligned":       {belfry.FaultSender, belfry.Deferred, true, "ready"},
		"too-quickly":           {belfry.FaultPerson, belfry.Deferred, true, "ready"},
		"mailbox-full":          {belfry.FaultPerson, belfry.Deferred, true, "ready"},
		"over-quota":            {belfry.FaultPerson, belfry.Refused, true, "ready"},
		"no-such-user":          {belfry.FaultPerson, belfry.Refused, true, "ready"},
		"disabled-user":         {belfry.FaultPerson, belfry.Refused, true, "ready"},
		"no-such-domain":        {belfry.FaultPerson, belfry.Refused, true, "ready"},
		"bad-address":           {belfry.FaultPerson, belfry.Refused, true, "ready"},
		"too-many-recipients":   {belfry.FaultBug, belfry.Deferred, true, "ready"},
		"unsolicited":           {belfry.FaultMessage, belfry.Refused, true, "ready"},
		"policy":                {belfry.FaultMessage, belfry.Refused, true, "ready"},
		"bad-headers":           {belfry.FaultBug, belfry.Refused, true, "ready"},
		"malformed":             {belfry.FaultBug, belfry.Refused, true, "ready"},
		"too-large":             {belfry.FaultMessage, belfry.Refused, true, "ready"},
		"too-large-content":     {belfry.FaultMessage, belfry.Refused, true, "ready"},
		"blocked-attachment":    {belfry.FaultMessage, belfry.Refused, true, "ready"},
	}
	suppressed := []string{"no-such-user", "disabled-user", "no-such-domain", "bad-address"}
	for _, row := range fakegmail.Rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			w, ok := wants[row.Name]
			if !ok {
				t.Fatalf("no row of this test is for %q: %v", row.Name, row.Answer)
			}
			b := newBench(t, row.Name)
			got := b.send(1)
			b.want(got, w.verdict, w.fault)
			state := b.carrier.Accounts(b.clock.Now())[0]
			if got.Counts != w.counts || state.State != w.state || got.Suppress != slices.Contains(suppressed, row.Name) {
				t.Errorf("got %+v, the account is %+v; want counts %v, %s", got, state, w.counts, w.state)
			}
			if got.Attempt == nil || got.Attempt.Code != row.Answer.Code || got.Attempt.Stage != string(row.Stage) || got.Attempt.EnhancedCode != row.Answer.Enhanced {
				t.Errorf("got the attempt %+v, want %+v at %s", got.Attempt, row.Answer, row.Stage)
			}
			if len(b.server.Messages()) != 0 {
				t.Error("the server has a mail")
			}
		})
	}
}
