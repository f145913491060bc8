package smtpmail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/smtpmail"
)

func TestGooglesDefaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, user string
		want       int
	}{
		{"smtp.gmail.com", "ada@gmail.com", 500},
		{"SMTP.GMAIL.COM.", "ada@googlemail.com", 500},
		{"smtp.gmail.com", "ada@example.org", 2000},
		{"smtp-relay.gmail.com", "ada@example.org", 10000},
		{"mail.example.org", "ada@gmail.com", 0},
		{"smtp.gmail.com.example.org", "ada@gmail.com", 0},
	} {
		got, err := smtpmail.Account{Host: c.host, User: c.user, Secret: "abcd efgh ijkl mnop"}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		if got.Quota != c.want || got.Port != 587 || got.MaxPerConnection != 100 || got.IdleClose != time.Minute {
			t.Errorf("%s, %s: got %+v, want a quota of %d", c.host, c.user, got, c.want)
		}
		if google := c.want > 0; google != (got.Secret == "abcdefghijklmnop") || google != (got.Rate == 1) {
			t.Errorf("%s: got the rate %v, and spaces stripped: %v", c.host, got.Rate, got.Secret == "abcdefghijklmnop")
		}
	}
}

func TestAccountsThatCannotBe(t *testing.T) {
	t.Parallel()
	good := smtpmail.Account{Host: "mail.example.org", User: "ada@example.org", Secret: "hunter22"}
	for want, change := range map[string]func(*smtpmail.Account){
		"no host":             func(a *smtpmail.Account) { a.Host = "" },
		"control character":   func(a *smtpmail.Account) { a.HelloName = "a\r\nMAIL" },
		"port":                func(a *smtpmail.Account) { a.Port = 70000 },
		"TLS mode":            func(a *smtpmail.Account) { a.TLS = 9 },
		"this machine itself": func(a *smtpmail.Account) { a.TLS = smtpmail.TLSNone },
		"without TLS":         func(a *smtpmail.Account) { a.TLS = smtpmail.TLSNone; a.Host = "localhost" },
		"no user":             func(a *smtpmail.Account) { a.User = "" },
		"no password":         func(a *smtpmail.Account) { a.Secret = "" },
		"line break":          func(a *smtpmail.Account) { a.Secret += "\n" },
		"mechanism":           func(a *smtpmail.Account) { a.Auth = "CRAM-MD5" },
		"XOAUTH2 needs":       func(a *smtpmail.Account) { a.Auth = smtpmail.AuthXOAuth2 },
		"client id":           func(a *smtpmail.Account) { a.OAuth2 = &smtpmail.OAuth2{} },
		"https": func(a *smtpmail.Account) {
			a.OAuth2 = &smtpmail.OAuth2{ClientID: "a", RefreshToken: "b", TokenURL: "http://token.example"}
		},
	} {
		a := good
		change(&a)
		_, err := a.Complete()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, err := good.Complete(); err != nil {
		t.Error(err)
	}
	if _, err := smtpmail.New(smtpmail.Config{}); err == nil {
		t.Error("a carrier without accounts was made")
	}
}
