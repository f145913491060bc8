package config

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// A MailSetup is what the mail settings come to.
type MailSetup struct {
	Accounts []MailAccount // none: mail is captured
	From     string        // whom mail is from, with the name if one is given
	ReplyTo  string        // where answers go, when the server will put another sender in
	Findings []Finding
}

// A Finding is something to be said of a setting.
type Finding struct {
	Setting string
	Where   string // where it was given; empty: it is not given
	Text    string // what is wrong, and the mend
	Fault   bool   // mail cannot work so; else it is a warning
}

// Err returns the faults; each is an [Error].
func (m *MailSetup) Err() error {
	var faults []error
	for _, f := range m.Findings {
		if f.Fault {
			faults = append(faults, &Error{f.Setting, f.Where, errors.New(f.Text)})
		}
	}
	return errors.Join(faults...)
}

// Warnings returns what is no fault.
func (m *MailSetup) Warnings() []string {
	var warnings []string
	for _, f := range m.Findings {
		if !f.Fault {
			warnings = append(warnings, (&Error{f.Setting, f.Where, errors.New(f.Text)}).Error())
		}
	}
	return warnings
}

// Mail puts the mail settings together: those given in m, and the further accounts (EMAIL_2_HOST, EMAIL_2_HOST_USER and
// so on, to EMAIL_9_) of the environment and .env. Each setting was read by itself; here is said what does not fit. The error is
// that of a setting of a further account that cannot be read.
func (s *Source) Mail(m Mail) (MailSetup, error) {
	setup := MailSetup{From: string(m.DefaultFromEmail)}
	first := mailCheck{source: s, number: 1, Mail: m}
	checks := []*mailCheck{&first}
	numbers, err := s.furtherAccounts()
	if err != nil {
		return setup, err
	}
	for _, n := range numbers {
		further, err := s.furtherMail(n)
		if err != nil {
			return setup, err
		}
		if further.EmailTimeout == 0 {
			further.EmailTimeout = m.EmailTimeout
		}
		checks = append(checks, &mailCheck{source: s, number: n, Mail: further})
	}
	names := map[string]bool{}
	for _, c := range checks {
		c.from = m.DefaultFromEmail
		if account, ok := c.account(); ok {
			for base := account.Name; names[account.Name]; {
				account.Name = fmt.Sprintf("%s (%s)", base, c.name("EMAIL_HOST"))
			}
			names[account.Name] = true
			setup.Accounts = append(setup.Accounts, account)
			if c.rewrites() {
				setup.ReplyTo = setup.From
			}
		}
		setup.Findings = append(setup.Findings, c.findings...)
	}
	if len(setup.Accounts) > 0 && setup.From == "" {
		if _, err := mail.ParseAddress(setup.Accounts[0].User); err == nil {
			setup.From = setup.Accounts[0].User
		} else {
			setup.Findings = append(setup.Findings, Finding{"DEFAULT_FROM_EMAIL", "", "it is not set, and the user is not an address; set it to whom mail is from, like Shop <shop@example.com>", true})
		}
	}
	return setup, nil
}

// A mailCheck looks at the settings of one account.
type mailCheck struct {
	Mail
	source   *Source
	number   int // 1: the names without a number
	from     MailAddress
	findings []Finding
}

// name returns a setting's name with the account's number.
func (c *mailCheck) name(setting string) string { return numbered(setting, c.number) }

func numbered(setting string, n int) string {
	if rest, ok := strings.CutPrefix(setting, "EMAIL_"); ok && n > 1 {
		return fmt.Sprintf("EMAIL_%d_%s", n, rest)
	}
	return setting
}

// find notes a finding about a setting; given says that it has a value.
func (c *mailCheck) find(fault, given bool, setting, format string, args ...any) {
	f := Finding{Setting: c.name(setting), Text: fmt.Sprintf(format, args...), Fault: fault}
	if given {
		if _, f.Where, _ = c.source.lookup(f.Setting, true); f.Where == "" {
			f.Where = "the command line"
		}
	}
	c.findings = append(c.findings, f)
}

func (c *mailCheck) fault(setting, format string, args ...any) {
	c.find(true, true, setting, format, args...)
}

func (c *mailCheck) warn(setting, format string, args ...any) {
	c.find(false, true, setting, format, args...)
}

func (c *mailCheck) missing(setting, format string, args ...any) {
	c.find(true, false, setting, format, args...)
}

// account returns the account, unless there is none.
func (c *mailCheck) account() (MailAccount, bool) {
	if c.EmailHost == "" {
		if c.EmailHostUser != "" || c.EmailHostPassword.Reveal() != "" || c.EmailOAuth2RefreshToken.Reveal() != "" {
			c.find(c.number > 1, false, "EMAIL_HOST", "it is not set, so this account sends nothing; set it, for Gmail to smtp.gmail.com")
		}
		return MailAccount{}, false
	}
	c.host()
	a := MailAccount{
		Name: string(c.EmailHost), Host: string(c.EmailHost), User: string(c.EmailHostUser), Password: c.password(),
		OAuth2: c.oauth2(), Quota: int(c.EmailQuota), Timeout: time.Duration(c.EmailTimeout),
	}
	if strings.Contains(a.User, "@") {
		a.Name = a.User // what a mail server counts is the mailbox
	}
	a.TLS, a.Port = c.tls()
	c.credential(a.TLS)
	if c.EmailHost.google() {
		c.google()
	}
	return a, true
}

// host looks for servers that are none for sending.
func (c *mailCheck) host() {
	switch h := string(c.EmailHost); {
	case h == "gmail.com", h == "smtp.google.com", h == "mail.google.com", h == "mail.gmail.com", h == "smtp.gmail.co", h == "smtp.gmail.con":
		c.fault("EMAIL_HOST", "%s takes no mail from apps; Gmail's server for that is smtp.gmail.com", h)
	case strings.HasPrefix(h, "imap."), strings.HasPrefix(h, "pop."), strings.HasPrefix(h, "pop3."):
		c.fault("EMAIL_HOST", "%s is a server for reading mail; give the one for sending, for Gmail smtp.gmail.com", h)
	}
	switch c.EmailPort {
	case 110, 143, 993, 995:
		c.fault("EMAIL_PORT", "%d is a port for reading mail; give 587, or 465 with %s", c.EmailPort, c.name("EMAIL_USE_SSL"))
	}
}

// tls returns how the connection becomes private, and the port.
func (c *mailCheck) tls() (MailTLS, int) {
	tls, ssl, port := c.EmailUseTLS, c.EmailUseSSL, int(c.EmailPort)
	or := func(standard int) int {
		if port == 0 {
			return standard
		}
		return port
	}
	useTLS, useSSL := c.name("EMAIL_USE_TLS"), c.name("EMAIL_USE_SSL")
	// Without a word about TLS, what port and place say: 465 speaks nothing else, and a server beside us needs none.
	quiet := tls == "" && ssl != True
	switch {
	case tls == True && ssl == True:
		c.fault("EMAIL_USE_SSL", "%s is true too, and only one can be; with port 465 remove %s, else remove this", useTLS, useTLS)
	case tls == True && port == 465:
		c.fault("EMAIL_USE_TLS", "port 465 speaks TLS from the first byte and knows no STARTTLS; remove this and set %s=true, or set %s=587", useSSL, c.name("EMAIL_PORT"))
	case ssl == True && port == 587:
		c.fault("EMAIL_USE_SSL", "port 587 begins in clear and changes to TLS by STARTTLS; remove this, or set %s=465", c.name("EMAIL_PORT"))
	case ssl == True, quiet && ssl == "" && port == 465:
		return MailImplicitTLS, or(465)
	case tls == False && port == 465:
		c.fault("EMAIL_USE_TLS", "port 465 speaks TLS from the first byte; set %s=true", useSSL)
	case tls == False && !c.EmailHost.loopback():
		c.fault("EMAIL_USE_TLS", "mail and its password would cross the network in clear; remove this, or set %s=true with port 465", useSSL)
	case tls == False, quiet && c.EmailHost.loopback() && c.EmailHostUser == "" && port != 587:
		return MailNoTLS, or(25)
	}
	return MailSTARTTLS, or(587)
}

// credential looks whether user and password, or OAuth2, are whole.
func (c *mailCheck) credential(tls MailTLS) {
	user, password, oauth2 := c.EmailHostUser != "", c.EmailHostPassword.Reveal() != "", c.EmailOAuth2RefreshToken.Reveal() != ""
	switch {
	case user && !password && !oauth2:
		c.missing("EMAIL_HOST_PASSWORD", "it is not set, and %s is; set it, for Gmail to an App Password (https://myaccount.google.com/apppasswords)", c.name("EMAIL_HOST_USER"))
	case !user && (password || oauth2):
		c.missing("EMAIL_HOST_USER", "it is not set, and a password is; set it to the account, for Gmail the whole address")
	case password && oauth2:
		c.fault("EMAIL_HOST_PASSWORD", "%s is set too, and one credential must be chosen; remove one of the two", c.name("EMAIL_OAUTH2_REFRESH_TOKEN"))
	case user && tls == MailNoTLS:
		c.fault("EMAIL_HOST_USER", "a password is never sent without TLS; remove user and password, or remove %s=false", c.name("EMAIL_USE_TLS"))
	}
}

func (c *mailCheck) oauth2() *MailOAuth2 {
	id, secret, refresh := c.EmailOAuth2ClientID, c.EmailOAuth2ClientSecret.Secret, c.EmailOAuth2RefreshToken.Secret
	if id == "" && secret == "" && refresh == "" {
		return nil
	}
	const together = "it is not set; OAuth2 needs the client's id, its secret and the refresh token together"
	if id == "" {
		c.missing("EMAIL_OAUTH2_CLIENT_ID", together)
	}
	if secret == "" && c.EmailHost.google() {
		c.missing("EMAIL_OAUTH2_CLIENT_SECRET", together)
	}
	if refresh == "" {
		c.missing("EMAIL_OAUTH2_REFRESH_TOKEN", together)
		return nil
	}
	if c.EmailOAuth2TokenURL == "" && !c.EmailHost.google() {
		c.missing("EMAIL_OAUTH2_TOKEN_URL", "it is not set, and the server is not Google's; set it to where its access tokens are fetched")
	}
	return &MailOAuth2{ClientID: id, ClientSecret: secret, RefreshToken: refresh, TokenURL: string(c.EmailOAuth2TokenURL)}
}
