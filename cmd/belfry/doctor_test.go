package main

import (
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/smtpmail"
)

// What a server says is untrusted: it may not steer the terminal, nor begin a line of its own.
func TestTheDoctorShowsWhatServersSayAsText(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	d := &doctor{p: &program{stdout: &out}}
	d.note(check{Part: "mail", Account: "a@example.com", Stage: "auth", Status: checkFailed, Said: "535 5.7.8 no\x1b[2J\r\n  ok      auth  all is well\x00\u202e", Mend: "Mend it."})
	got := out.String()
	if strings.ContainsAny(got, "\x1b\r\x00\u202e") || strings.Contains(got, "\n  ok ") {
		t.Errorf("the server's text steers the terminal: %q", got)
	}
	for _, want := range []string{"mail by a@example.com\n", "failed  auth", "535-5.7.8: Mend it.\n", "the server said: 535 5.7.8 no"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q; want %q in it", got, want)
		}
	}
}

func TestTheDoctorPaintsForPeopleAlone(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{true, false} {
		var out strings.Builder
		d := &doctor{p: &program{stdout: &out, color: color}}
		d.note(check{Part: "bell", Stage: "store", Status: checkWarning, Detail: "slow"})
		if got := strings.Contains(out.String(), "\x1b[33mwarning\x1b[0m"); got != color {
			t.Errorf("color %v: %q", color, out.String())
		}
	}
}

func TestTheDoctorSaysWhatShapeTheSecretHas(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, host, password, want string }{
		{"an App Password", "smtp.gmail.com", "kvqx mwzr jplt hbnd", "ok      settings            the mail settings fit together; the password has the shape of an App Password (16 letters), without quotes\n"},
		{"another", "smtp.gmail.com", "hunter2", "warning settings            EMAIL_HOST_PASSWORD (in the environment)\n                              it does not look like an App Password"},
		{"another server's", "mail.example.com", "hunter2", "the mail settings fit together; no password has a quote or a space too many\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			environ := []string{"EMAIL_HOST=" + tt.host, "EMAIL_HOST_USER=a@gmail.com", "EMAIL_HOST_PASSWORD=" + tt.password}
			d := &doctor{p: &program{stdout: &out, settings: config.NewSource(environ, t.TempDir())}}
			c := doctorCmd{}
			c.EmailHost, c.EmailHostUser, c.EmailHostPassword.Secret = config.MailHost(tt.host), "a@gmail.com", config.Secret(tt.password)
			c.checkSettings(d)
			if got := out.String(); !strings.Contains(got, tt.want) || strings.Contains(got, tt.password) {
				t.Errorf("got:\n%s\nwant %q, and no password", got, tt.want)
			}
		})
	}
}

func TestMendAtGmail(t *testing.T) {
	t.Parallel()
	refused := &smtpmail.Step{Stage: smtpmail.StageAuth, Status: smtpmail.Failed, Said: "535 5.7.8 Username and Password not accepted.", Mend: "the table's"}
	tests := []struct {
		name string
		host string
		step *smtpmail.Step
		want string
	}{
		{"Gmail", "smtp.gmail.com", refused, "Gmail did not accept the App Password: "},
		{"another server", "mail.example.com", refused, "the table's"},
		{"another refusal", "smtp.gmail.com", &smtpmail.Step{Stage: smtpmail.StageAuth, Status: smtpmail.Failed, Said: "534 5.7.9 no", Mend: "the table's"}, "the table's"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			account := &smtpmail.Account{Host: tt.host}
			if got := mendAt(account, tt.step); !strings.HasPrefix(got, tt.want) {
				t.Errorf("mend %q, want %q", got, tt.want)
			}
			account.OAuth2 = &smtpmail.OAuth2{} // has no App Password
			if got := mendAt(account, tt.step); got != "the table's" {
				t.Errorf("by OAuth2: mend %q, want the table's", got)
			}
		})
	}
}
