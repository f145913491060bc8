package smtpmail_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
)

func probe(t *testing.T, a smtpmail.Account, o smtpmail.ProbeOptions) (ok bool, stages string, last smtpmail.Step) {
	t.Helper()
	var all []string
	ok = smtpmail.Probe(t.Context(), a, o, func(s smtpmail.Step) {
		all = append(all, fmt.Sprintf("%s:%s", s.Stage, s.Status))
		last = s
		if (s.Status == smtpmail.OK) != (s.Mend == "") || s.Took < 0 {
			t.Errorf("got the step %+v", s)
		}
	})
	return ok, strings.Join(all, " "), last
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := fake(t, "")
	options := smtpmail.ProbeOptions{From: user, To: "eve@example.net", Message: mail(1).Message}
	ok, got, _ := probe(t, accountAt(s), options)
	if want := "dns:ok dial:ok greeting:ok ehlo:ok tls:ok ehlo:ok auth:ok mail:ok rcpt:ok"; !ok || got != want || len(s.Messages()) != 0 {
		t.Errorf("got %v, %s, %d mails; want %s and no mail", ok, got, len(s.Messages()), want)
	}
	options.SendTest = true
	ok, got, last := probe(t, accountAt(s), options)
	if !ok || !strings.HasSuffix(got, "rcpt:ok dot:ok") || len(s.Messages()) != 1 || !strings.HasPrefix(last.Said, "250 2.0.0 OK") {
		t.Errorf("got %v, %s, %+v, %d mails", ok, got, last, len(s.Messages()))
	}
	implicit := fakeWith(t, fakegmail.Options{TLS: fakegmail.Implicit}, "")
	a := accountAt(implicit)
	a.TLS = smtpmail.TLSImplicit
	if ok, got, _ := probe(t, a, smtpmail.ProbeOptions{}); !ok || got != "dns:ok dial:ok tls:ok greeting:ok ehlo:ok auth:ok" {
		t.Errorf("implicit TLS: got %v, %s", ok, got)
	}
}

// Each failure ends the probe at its stage, with the mend.
func TestProbeNamesTheMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scenario string
		mode     fakegmail.TLSMode
		change   func(*smtpmail.Account)
		stage    smtpmail.Stage
		mend     string
		fault    belfry.Fault
	}{
		"wrong password":       {"", 0, func(a *smtpmail.Account) { a.Secret = "wrong" }, "auth", "App Password", belfry.FaultAuth},
		"account password":     {"auth=534", 0, nil, "auth", "2-Step Verification", belfry.FaultAuth},
		"many logins":          {"auth=454", 0, nil, "auth", "15 minutes", belfry.FaultAuth},
		"no STARTTLS":          {"ehlo=-STARTTLS", 0, nil, "starttls", "EMAIL_USE_SSL", belfry.FaultConfig},
		"expired":              {"cert=expired", 0, nil, "tls", "expired", belfry.FaultConfig},
		"other name":           {"cert=wrong-name", 0, nil, "tls", "another name", belfry.FaultConfig},
		"unknown issuer":       {"", 0, func(a *smtpmail.Account) { a.RootCAs = nil }, "tls", "trusts", belfry.FaultConfig},
		"SSL on 587":           {"", 0, func(a *smtpmail.Account) { a.TLS = smtpmail.TLSImplicit }, "tls", "EMAIL_USE_TLS=true", belfry.FaultConfig},
		"STARTTLS on 465":      {"", fakegmail.Implicit, func(a *smtpmail.Account) { a.Timeouts.Greeting = 100 * time.Millisecond }, "greeting", "EMAIL_USE_SSL=true", belfry.FaultConnection},
		"closed port":          {"", 0, func(a *smtpmail.Account) { a.Port = 1 }, "dial", "EMAIL_PORT", belfry.FaultConnection},
		"no such host":         {"", 0, func(a *smtpmail.Account) { a.Host = "nowhere.invalid" }, "dns", "EMAIL_HOST", belfry.FaultConnection},
		"quota":                {"daily-limit", 0, nil, "mail", "24 hours", belfry.FaultQuota},
		"no such person":       {"no-such-user", 0, nil, "rcpt", "no such address", belfry.FaultPerson},
		"no login offered":     {"ehlo=-AUTH", 0, nil, "auth", "host and port", belfry.FaultConfig},
		"settings":             {"", 0, func(a *smtpmail.Account) { a.Secret = "" }, "dns", "EMAIL_HOST_PASSWORD", belfry.FaultConfig},
		"silent":               {"stall=ehlo:1h", 0, func(a *smtpmail.Account) { a.Timeouts.Command = 100 * time.Millisecond }, "ehlo", "tries again", belfry.FaultConnection},
		"refused as a message": {"malformed", 0, nil, "dot", "bug", belfry.FaultBug},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fakeWith(t, fakegmail.Options{TLS: c.mode, Users: map[string]string{user: secret}}, c.scenario)
			a := accountAt(s)
			if c.change != nil {
				c.change(&a)
			}
			ok, got, last := probe(t, a, smtpmail.ProbeOptions{From: user, To: "eve@example.net", SendTest: true, Message: mail(1).Message})
			if ok || !strings.HasSuffix(got, string(last.Stage)+":failed") || last.Stage != c.stage && last.Stage != "tls" || !strings.Contains(last.Mend, c.mend) || last.Fault != c.fault {
				t.Errorf("got %v, %s\n%+v\nwant the end at %s, a mend with %q", ok, got, last, c.stage, c.mend)
			}
		})
	}
}

func TestProbeEnds(t *testing.T) {
	t.Parallel()
	stalled := make(chan struct{})
	s := fakeWith(t, fakegmail.Options{Watch: func(e fakegmail.Event) {
		if e.Kind == fakegmail.Fault {
			close(stalled)
		}
	}}, "stall=mail:1h")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-stalled; cancel() }()
	ok := smtpmail.Probe(ctx, accountAt(s), smtpmail.ProbeOptions{From: user, To: user}, func(smtpmail.Step) {})
	if ok {
		t.Error("a probe that was broken off found everything in order")
	}
}
