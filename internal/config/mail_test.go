package config_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/config"
)

const appPassword = "kvqx mwzr jplt hbnd"

// mailOf reads the mail settings of an environment and a .env file, as a command does.
func mailOf(t *testing.T, environ []string, dotenv string, args ...string) (config.MailSetup, error) {
	t.Helper()
	dir := t.TempDir()
	if dotenv != "" {
		write(t, filepath.Join(dir, ".env"), dotenv)
	}
	source := config.NewSource(environ, dir)
	var mail config.Mail
	parser, err := kong.New(&mail, kong.Resolvers(source), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return config.MailSetup{}, err
	}
	return source.Mail(mail)
}

// gmail is a .env that works, with more lines.
func gmail(more ...string) string {
	return "EMAIL_HOST=smtp.gmail.com\nEMAIL_HOST_USER=shop@gmail.com\nEMAIL_HOST_PASSWORD=" + appPassword + "\n" + strings.Join(more, "\n")
}

// plain is a .env of another server, with more lines.
func plain(more ...string) string {
	return "EMAIL_HOST=mail.example.com\nEMAIL_HOST_USER=shop@example.com\nEMAIL_HOST_PASSWORD=hunter2\n" + strings.Join(more, "\n")
}

func TestMailAccounts(t *testing.T) {
	t.Parallel()
	gmailAccount := config.MailAccount{Name: "shop@gmail.com", Host: "smtp.gmail.com", Port: 587, User: "shop@gmail.com", Password: "kvqxmwzrjplthbnd"}
	with := func(a config.MailAccount, change func(*config.MailAccount)) []config.MailAccount {
		change(&a)
		return []config.MailAccount{a}
	}
	plainAccount := config.MailAccount{Name: "shop@example.com", Host: "mail.example.com", Port: 587, User: "shop@example.com", Password: "hunter2"}
	none := func(*config.MailAccount) {}
	tests := []struct {
		name, dotenv, from string
		want               []config.MailAccount
	}{
		{"none", "DEFAULT_FROM_EMAIL=a@example.com", "a@example.com", nil},
		{"Gmail", gmail(), "shop@gmail.com", with(gmailAccount, none)},
		{"Django's words", gmail("EMAIL_PORT=587", "EMAIL_USE_TLS=True", "EMAIL_USE_SSL=False"), "shop@gmail.com", with(gmailAccount, none)},
		{"byte order mark and Windows line ends", "\uFEFF" + strings.ReplaceAll(gmail(), "\n", "\r\n"), "shop@gmail.com", with(gmailAccount, none)},
		{"the password in double quotes", strings.ReplaceAll(gmail(), appPassword, `"`+appPassword+`"`), "shop@gmail.com", with(gmailAccount, none)},
		{"the password in single quotes with spaces around", strings.ReplaceAll(gmail(), appPassword, `' `+appPassword+` '`), "shop@gmail.com", with(gmailAccount, none)},
		{"the password with no-break spaces, as the page has them", strings.ReplaceAll(gmail(), appPassword, strings.ReplaceAll(appPassword, " ", "\u00a0")), "shop@gmail.com", with(gmailAccount, none)},
		{"the password with a zero-width space", strings.ReplaceAll(gmail(), appPassword, appPassword+"\u200b"), "shop@gmail.com", with(gmailAccount, none)},
		{"a comment after a whole App Password", strings.ReplaceAll(gmail(), appPassword, appPassword+" # of the shop"), "shop@gmail.com", with(gmailAccount, none)},
		{"export", "export " + strings.ReplaceAll(gmail(), "\nE", "\nexport E"), "shop@gmail.com", with(gmailAccount, none)},
		{"a name beside the sender", gmail(`DEFAULT_FROM_EMAIL="The Shop <shop@gmail.com>"`), "The Shop <shop@gmail.com>", with(gmailAccount, none)},
		{"the same mailbox by another spelling", gmail("DEFAULT_FROM_EMAIL=S.Hop@googlemail.com"), "S.Hop@googlemail.com", with(gmailAccount, none)},
		{"implicit TLS", gmail("EMAIL_USE_SSL=yes"), "shop@gmail.com", with(gmailAccount, func(a *config.MailAccount) { a.TLS, a.Port = config.MailImplicitTLS, 465 })},
		{"implicit TLS by its port", gmail("EMAIL_PORT=465"), "shop@gmail.com", with(gmailAccount, func(a *config.MailAccount) { a.TLS, a.Port = config.MailImplicitTLS, 465 })},
		{"a $ in the password", strings.ReplaceAll(plain(), "hunter2", "pa$$wo$rd"), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Password = "pa$$wo$rd" })},
		{"a # in the password", strings.ReplaceAll(plain(), "hunter2", "'a #b'"), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Password = "a #b" })},
		{"a quote inside the password", strings.ReplaceAll(plain(), "hunter2", `a"b`), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Password = `a"b` })},
		{"a space inside the password", strings.ReplaceAll(plain(), "hunter2", `a b`), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Password = `a b` })},
		{"numbers", plain("EMAIL_PORT=2525", "EMAIL_TIMEOUT=30", "EMAIL_QUOTA=100"), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Port, a.Timeout, a.Quota = 2525, 30*time.Second, 100 })},
		{"no quota", plain("EMAIL_QUOTA=0"), "shop@example.com", with(plainAccount, func(a *config.MailAccount) { a.Quota = -1 })},
		{"beside us, without a user", "EMAIL_HOST=localhost\nEMAIL_PORT=1025\nDEFAULT_FROM_EMAIL=a@localhost", "a@localhost", []config.MailAccount{{Name: "localhost", Host: "localhost", Port: 1025, TLS: config.MailNoTLS}}},
		{"beside us, as Django's default port", "EMAIL_HOST=127.0.0.1\nEMAIL_USE_TLS=no\nDEFAULT_FROM_EMAIL=a@example.com", "a@example.com", []config.MailAccount{{Name: "127.0.0.1", Host: "127.0.0.1", Port: 25, TLS: config.MailNoTLS}}},
		{"Google's relay without a user", "EMAIL_HOST=smtp-relay.gmail.com\nDEFAULT_FROM_EMAIL=a@example.com", "a@example.com", []config.MailAccount{{Name: "smtp-relay.gmail.com", Host: "smtp-relay.gmail.com", Port: 587}}},
		{"OAuth2", "EMAIL_HOST=smtp.gmail.com\nEMAIL_HOST_USER=shop@gmail.com\nEMAIL_OAUTH2_CLIENT_ID=i\nEMAIL_OAUTH2_CLIENT_SECRET=s\nEMAIL_OAUTH2_REFRESH_TOKEN=r", "shop@gmail.com", with(gmailAccount, func(a *config.MailAccount) {
			a.Password, a.OAuth2 = "", &config.MailOAuth2{ClientID: "i", ClientSecret: "s", RefreshToken: "r"}
		})},
		{
			"further accounts", gmail("EMAIL_TIMEOUT=9", "EMAIL_2_HOST=mail.example.com", "EMAIL_2_HOST_USER=shop@example.com", "EMAIL_2_HOST_PASSWORD=hunter2", "EMAIL_2_USE_SSL=true",
				"EMAIL_4_HOST=mail.example.com", "EMAIL_4_HOST_USER=shop@example.com", "EMAIL_4_HOST_PASSWORD=hunter2", "EMAIL_4_TIMEOUT=8s"), "shop@gmail.com",
			append(append(with(gmailAccount, func(a *config.MailAccount) { a.Timeout = 9 * time.Second }),
				with(plainAccount, func(a *config.MailAccount) { a.TLS, a.Port, a.Timeout = config.MailImplicitTLS, 465, 9*time.Second })...),
				with(plainAccount, func(a *config.MailAccount) { a.Name, a.Timeout = "shop@example.com (EMAIL_4_HOST)", 8*time.Second })...),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			setup, err := mailOf(t, nil, tt.dotenv)
			if err != nil {
				t.Fatal(err)
			}
			if len(setup.Findings) > 0 {
				t.Errorf("findings %+v, want none", setup.Findings)
			}
			if diff := cmp.Diff(tt.want, setup.Accounts); diff != "" {
				t.Errorf("accounts, -want +got:\n%s", diff)
			}
			if setup.From != tt.from {
				t.Errorf("from %q, want %q", setup.From, tt.from)
			}
		})
	}
}

// What cannot work stops the start and says setting, place and mend; what may not work is warned about.
func TestSlipsInMail(t *testing.T) {
	t.Parallel()
	const app = "EMAIL_HOST_PASSWORD=" + appPassword
	tests := []struct {
		name, dotenv   string
		fault, warning string // what each holds; empty: there is none
	}{
		{"465 with TLS", gmail("EMAIL_PORT=465", "EMAIL_USE_TLS=True"), "EMAIL_USE_TLS (in .env, line 5): port 465 speaks TLS from the first byte and knows no STARTTLS; remove this and set EMAIL_USE_SSL=true, or set EMAIL_PORT=587", ""},
		{"both flags", gmail("EMAIL_USE_TLS=true", "EMAIL_USE_SSL=true"), "EMAIL_USE_SSL (in .env, line 5): EMAIL_USE_TLS is true too, and only one can be", ""},
		{"587 with SSL", gmail("EMAIL_PORT=587", "EMAIL_USE_SSL=1"), "EMAIL_USE_SSL (in .env, line 5): port 587 begins in clear", ""},
		{"465 without TLS", gmail("EMAIL_PORT=465", "EMAIL_USE_TLS=false"), "EMAIL_USE_TLS (in .env, line 5): port 465 speaks TLS", ""},
		{"no TLS over the network", plain("EMAIL_USE_TLS=false"), "EMAIL_USE_TLS (in .env, line 4): mail and its password would cross the network in clear", ""},
		{"a password without TLS", "EMAIL_HOST=localhost\nEMAIL_USE_TLS=false\nEMAIL_HOST_USER=a@example.com\nEMAIL_HOST_PASSWORD=hunter2", "EMAIL_HOST_USER (in .env, line 3): a password is never sent without TLS", ""},
		{"a boolean that is none", gmail("EMAIL_USE_TLS=ture"), `EMAIL_USE_TLS (in .env, line 4): "ture" is neither true nor false`, ""},
		{"a boolean with a comment in quotes", gmail(`EMAIL_USE_SSL="true # yes"`), "EMAIL_USE_SSL (in .env, line 4)", ""},
		{"a port that is none", gmail("EMAIL_PORT=smtp"), `EMAIL_PORT (in .env, line 4): "smtp" is not a port`, ""},
		{"a port for reading", gmail("EMAIL_PORT=993", "EMAIL_USE_SSL=true"), "EMAIL_PORT (in .env, line 4): 993 is a port for reading mail", ""},
		{"port 25 at Google", gmail("EMAIL_PORT=25"), "", "EMAIL_PORT (in .env, line 4): many networks block port 25"},
		{"a host with its port", "EMAIL_HOST=smtp.gmail.com:587", "the port as EMAIL_PORT", ""},
		{"a host with a scheme", "EMAIL_HOST=smtp://smtp.gmail.com", "give the name alone", ""},
		{"a host in quotes", `EMAIL_HOST='"smtp.gmail.com"'`, "EMAIL_HOST (in .env, line 1): \"\\\"smtp.gmail.com\\\"\" is in quotation marks", ""},
		{"a host with a space", "EMAIL_HOST=smtp gmail com", "has a space in it", ""},
		{"a host that is the domain", strings.Replace(gmail(), "smtp.gmail.com", "gmail.com", 1), "EMAIL_HOST (in .env, line 1): gmail.com takes no mail from apps; Gmail's server for that is smtp.gmail.com", ""},
		{"a host for reading", strings.Replace(gmail(), "smtp.gmail.com", "imap.gmail.com", 1), "imap.gmail.com is a server for reading mail", ""},
		{"no host", "EMAIL_HOST_USER=shop@gmail.com\n" + app, "", "EMAIL_HOST: it is not set, so this account sends nothing; set it, for Gmail to smtp.gmail.com"},
		{"no password", "EMAIL_HOST=smtp.gmail.com\nEMAIL_HOST_USER=shop@gmail.com", "EMAIL_HOST_PASSWORD: it is not set, and EMAIL_HOST_USER is", ""},
		{"no user", "EMAIL_HOST=mail.example.com\nEMAIL_HOST_PASSWORD=hunter2\nDEFAULT_FROM_EMAIL=a@example.com", "EMAIL_HOST_USER: it is not set, and a password is", ""},
		{"nobody at Google", "EMAIL_HOST=smtp.gmail.com\nDEFAULT_FROM_EMAIL=a@gmail.com", "EMAIL_HOST_USER: it is not set, and Google takes mail only from an account", ""},
		{"a user that is no address at Google", strings.Replace(gmail("DEFAULT_FROM_EMAIL=shop@gmail.com"), "=shop@gmail.com", "=shop", 1), "", "EMAIL_HOST_USER (in .env, line 2): Google knows accounts by their whole address"},
		{"a user with a name", strings.Replace(gmail(), "=shop@gmail.com", "=Shop <shop@gmail.com>", 1), "give the address alone", ""},
		{"a user in quotes", strings.Replace(gmail(), "=shop@gmail.com", `='"shop@gmail.com"'`, 1), "take them off", ""},
		{"the account's own password", strings.Replace(gmail(), appPassword, "hunter2", 1), "", "EMAIL_HOST_PASSWORD (in .env, line 3): it does not look like an App Password, which is 16 small letters in four groups"},
		{"an App Password cut short", strings.Replace(gmail(), appPassword, "kvqx mwzr jplt", 1), "", "does not look like an App Password"},
		{"stray quotes around an App Password", strings.Replace(gmail(), appPassword, `'"`+appPassword+`"'`, 1), "EMAIL_HOST_PASSWORD (in .env, line 3): it begins or ends with a quotation mark", ""},
		{"a stray quote after an App Password", strings.Replace(gmail(), appPassword, appPassword+`"`, 1), "it begins or ends with a quotation mark", ""},
		{"typographic quotes", strings.Replace(gmail(), appPassword, "“"+appPassword+"”", 1), "it begins or ends with a quotation mark", ""},
		{"a quote never closed", strings.Replace(gmail(), appPassword, `"`+appPassword, 1), ".env:3: EMAIL_HOST_PASSWORD begins with a quote that is never closed", ""},
		{"quotes alone", strings.Replace(gmail(), appPassword, `'""'`, 1), "nothing but quotation marks", ""},
		{"stray quotes elsewhere", strings.Replace(plain(), "hunter2", `'"hunter2"'`, 1), "", "it begins or ends with a quotation mark"},
		{"a variable", strings.Replace(gmail(), appPassword, "${GMAIL_PASSWORD}", 1), "$ is never expanded here", ""},
		{"a variable elsewhere", strings.Replace(plain(), "hunter2", "$SMTP", 1), "", "$ is never expanded here"},
		{"a comment in the password", strings.Replace(plain(), "hunter2", "hunter2 #3", 1), "", "EMAIL_HOST_PASSWORD (in .env, line 3): a # after a space begins a comment"},
		{"a space after the password", strings.Replace(plain(), "hunter2", "'hunter2 '", 1), "", "begins or ends with a space"},
		{"the example's placeholder", strings.Replace(gmail(), appPassword, "xxxx xxxx xxxx xxxx", 1), "it is the placeholder of an example", ""},
		{"another placeholder", strings.Replace(gmail(), appPassword, "your-app-password", 1), "it is the placeholder of an example", ""},
		{"the guide's placeholder", strings.Replace(gmail(), appPassword, "<your 16 letters>", 1), "it is the placeholder of an example", ""},
		{"a line break in the password", strings.Replace(gmail(), appPassword, `"kvqx\nmwzr"`, 1), "line break", ""},
		{"another sender at Google", gmail("DEFAULT_FROM_EMAIL=Shop <hello@shop.example>"), "", "DEFAULT_FROM_EMAIL (in .env, line 4): Gmail puts shop@gmail.com in its place unless it is an alias"},
		{"another sender elsewhere", plain("DEFAULT_FROM_EMAIL=hello@shop.example"), "", ""},
		{"a sender that is none", gmail("DEFAULT_FROM_EMAIL=The Shop"), `DEFAULT_FROM_EMAIL (in .env, line 4): "The Shop" is not an address`, ""},
		{"a sender without a domain", gmail("DEFAULT_FROM_EMAIL=webmaster@shop"), "no whole domain", ""},
		{"a sender with a header in it", gmail(`DEFAULT_FROM_EMAIL="a@example.com\r\nBcc: b@example.com"`), "line break", ""},
		{"no sender", strings.Replace(plain(), "=shop@example.com", "=shop", 1), "DEFAULT_FROM_EMAIL: it is not set, and the user is not an address", ""},
		{"a timeout that is none", gmail("EMAIL_TIMEOUT=soon"), "not a number of seconds", ""},
		{"a timeout of nothing", gmail("EMAIL_TIMEOUT=0"), "from 1 to 600 seconds", ""},
		{"a quota that is none", gmail("EMAIL_QUOTA=-1"), "whole number", ""},
		{"a quota above Google's", gmail("EMAIL_QUOTA=501"), "", "EMAIL_QUOTA (in .env, line 4): Google lets this account send 500 mails in 24 hours"},
		{"no quota at Google", gmail("EMAIL_QUOTA=0"), "", "Google lets this account send 500 mails"},
		{"password and OAuth2", gmail("EMAIL_OAUTH2_CLIENT_ID=i", "EMAIL_OAUTH2_CLIENT_SECRET=s", "EMAIL_OAUTH2_REFRESH_TOKEN=r"), "EMAIL_HOST_PASSWORD (in .env, line 3): EMAIL_OAUTH2_REFRESH_TOKEN is set too", ""},
		{"half of OAuth2", gmail("EMAIL_OAUTH2_CLIENT_ID=i", "EMAIL_OAUTH2_CLIENT_SECRET=s"), "EMAIL_OAUTH2_REFRESH_TOKEN: it is not set; OAuth2 needs", ""},
		{"OAuth2 elsewhere", "EMAIL_HOST=mail.example.com\nEMAIL_HOST_USER=a@example.com\nEMAIL_OAUTH2_CLIENT_ID=i\nEMAIL_OAUTH2_REFRESH_TOKEN=r", "EMAIL_OAUTH2_TOKEN_URL: it is not set", ""},
		{"tokens in clear", "EMAIL_OAUTH2_TOKEN_URL=http://hunter2@example.com/", "begins with https://", ""},
		{"a further account's slip", gmail("EMAIL_2_HOST=mail.example.com", "EMAIL_2_PORT=465", "EMAIL_2_USE_TLS=true"), "EMAIL_2_USE_TLS (in .env, line 6): port 465 speaks TLS from the first byte and knows no STARTTLS; remove this and set EMAIL_2_USE_SSL=true, or set EMAIL_2_PORT=587", ""},
		{"a further account's boolean", gmail("EMAIL_2_HOST=mail.example.com", "EMAIL_2_USE_TLS=si"), "EMAIL_2_USE_TLS (in .env, line 5)", ""},
		{"a further account without a host", gmail("EMAIL_2_HOST_USER=a@example.com"), "EMAIL_2_HOST: it is not set", ""},
		{"a number too many", gmail("EMAIL_10_HOST=mail.example.com"), "EMAIL_10_HOST (in .env, line 4): further accounts have the numbers 2 to 9", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			setup, err := mailOf(t, nil, tt.dotenv)
			if err == nil {
				err = setup.Err()
			}
			if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("fault %v, want %q", err, tt.fault)
			}
			warnings := strings.Join(setup.Warnings(), "\n")
			if (warnings == "") != (tt.warning == "") || !strings.Contains(warnings, tt.warning) {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
			for _, secret := range []string{"hunter2", "kvqx", "mwzr", appPassword} {
				if strings.Contains(fmt.Sprintf("%v %s %+v", err, warnings, setup), secret) {
					t.Errorf("the password shows: %v %s %+v", err, warnings, setup)
				}
			}
		})
	}
}

func TestWhereMailSettingsStand(t *testing.T) {
	t.Parallel()
	environ := []string{"EMAIL_PORT=465", "EMAIL_USE_TLS=true", "EMAIL_HOST_PASSWORD=\"" + appPassword + "\""}
	setup, err := mailOf(t, environ, gmail(), "--email-quota=900")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(setup.Err()) + strings.Join(setup.Warnings(), "\n")
	for _, want := range []string{"EMAIL_USE_TLS (in the environment)", "EMAIL_HOST_PASSWORD (in the environment): it begins or ends with a quotation mark", "EMAIL_QUOTA (in the command line)"} {
		if !strings.Contains(got, want) {
			t.Errorf("findings %s; want %q", got, want)
		}
	}
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, "hunter2\n")
	setup, err = mailOf(t, []string{"EMAIL_HOST_PASSWORD_FILE=" + path}, strings.Replace(gmail(), appPassword, "", 1))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(setup.Warnings(), "\n"), "EMAIL_HOST_PASSWORD (in the file that EMAIL_HOST_PASSWORD_FILE names): it does not look like"; !strings.HasPrefix(got, want) {
		t.Errorf("warning %q, want %q", got, want)
	}
}

func TestAnswersGoToTheSenderThatGmailReplaces(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{"": "", "DEFAULT_FROM_EMAIL=Shop <hello@shop.example>": "Shop <hello@shop.example>", "DEFAULT_FROM_EMAIL=Shop <shop@gmail.com>": ""} {
		setup, err := mailOf(t, nil, gmail(from))
		if err != nil {
			t.Fatal(err)
		}
		if got := setup.ReplyTo; got != want {
			t.Errorf("with %q answers go to %q, want %q", from, got, want)
		}
	}
}

func TestGiven(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), "EMAIL_HOST=a\nEMAIL_3_HOST=b\nOTHER=1\nEMAIL_PORT=\n")
	got, err := config.NewSource([]string{"EMAIL_HOST=c", "BELFRY_ADDR=:1", "EMAIL_HOST_PASSWORD_FILE=x"}, dir).Given()
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Given{
		{"BELFRY_ADDR", "the environment"},
		{"EMAIL_3_HOST", ".env, line 2"},
		{"EMAIL_HOST", "the environment"},
		{"EMAIL_HOST_PASSWORD_FILE", "the environment"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("given, -want +got:\n%s", diff)
	}
	write(t, filepath.Join(dir, ".env"), "nonsense")
	if _, err := config.NewSource(nil, dir).Given(); err == nil || !strings.Contains(err.Error(), ".env:1") {
		t.Errorf("error %v, want that of .env", err)
	}
}
