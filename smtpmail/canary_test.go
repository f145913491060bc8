package smtpmail_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/smtpmail"
)

const canary = "kq7#Zp+2/vX=9w~Lm4&T"

// forms are the ways in which a server can repeat a secret.
func forms(secret string) []string {
	b := base64.StdEncoding
	plain := b.EncodeToString([]byte("\x00" + user + "\x00" + secret))
	all := []string{
		secret, b.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
		url.QueryEscape(secret), plain, plain[:len(plain)-6], plain[10:], b.EncodeToString([]byte("x" + secret + "yz")), b.EncodeToString([]byte("xy" + secret + "z")),
	}
	return all
}

// leaks returns what of a secret stands in a text, in whichever form, from eight letters on.
func leaks(text, secret string) string {
	for _, form := range forms(secret) {
		for i := 0; i+12 <= len(form); i++ {
			if strings.Contains(text, form[i:i+12]) {
				return form[i : i+12]
			}
		}
	}
	return ""
}

// Whatever a server repeats, no secret and no address of a page is in an outcome, the log, the state or a probe.
func TestCanary(t *testing.T) {
	t.Parallel()
	for i, form := range forms(canary) {
		for _, at := range []string{"auth", "mail", "rcpt", "dot", "ehlo"} {
			t.Run(fmt.Sprint(at, i), func(t *testing.T) {
				t.Parallel()
				text := strings.ReplaceAll(form, ";", `\;`)
				b := newBench(t, fmt.Sprintf(`reply=%s:554-5.7.0 what is <%s> and\n%s, see https://accounts.example/continue?plt=ONETIME-TOKEN`, at, text, text))
				a := b.account()
				a.Secret = canary
				b.open(a)
				out := b.send(1)
				stored, err := b.state.MailAccount(t.Context(), "main")
				if err != nil {
					t.Fatal(err)
				}
				var steps []smtpmail.Step
				smtpmail.Probe(t.Context(), a, smtpmail.ProbeOptions{From: user, To: "eve@example.net", SendTest: true, Message: mail(1).Message}, func(s smtpmail.Step) { steps = append(steps, s) })
				shown, err := json.Marshal([]any{out, out.Attempt, stored.Reason, b.carrier.Accounts(b.clock.Now()), steps})
				if err != nil {
					t.Fatal(err)
				}
				if out.Verdict == belfry.Delivered || out.Attempt == nil {
					t.Fatalf("got %+v", out)
				}
				all := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(string(shown)) + b.log.String()
				if leak := leaks(all, canary); leak != "" || strings.Contains(all, "ONETIME") || strings.Contains(all, "accounts.example") {
					t.Errorf("%q is in:\n%s", leak, all)
				}
			})
		}
	}
}

// Google's one-time address runs over several lines.
func TestOneTimeAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, `reply=auth:534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsbu\nSECONDPIECE\nTHIRDPIECE> Please log in via your web browser`)
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultAuth)
	all := got.Reason + got.Attempt.Text + b.log.String()
	for _, piece := range []string{"accounts.google", "AKgnsbu", "SECONDPIECE", "THIRDPIECE"} {
		if strings.Contains(all, piece) {
			t.Errorf("%s is in:\n%s", piece, all)
		}
	}
	if !strings.Contains(got.Attempt.Text, "Please log in via your web browser") || !strings.Contains(got.Reason, "App Password") {
		t.Errorf("got %q, %q", got.Attempt.Text, got.Reason)
	}
}

// What a server says is untrusted text: no control characters, not long.
func TestRepliesAreTamed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "reply=rcpt:550 \x1b[31mred\x07 \u202egnol "+strings.Repeat("long ", 500))
	got := b.send(1)
	if strings.ContainsAny(got.Attempt.Text+got.Reason, "\x1b\x07\u202e") || len(got.Attempt.Text) > 1100 || len(got.Reason) > 2000 {
		t.Errorf("got %q", got.Attempt.Text)
	}
}
