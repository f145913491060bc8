package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Boolean is true, false or not given, which is empty.
type Boolean string

// The values of a Boolean that was given.
const (
	True  Boolean = "true"
	False Boolean = "false"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (b *Boolean) UnmarshalText(text []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(text))) {
	case "true", "yes", "on", "1":
		*b = True
	case "false", "no", "off", "0":
		*b = False
	default:
		return fmt.Errorf("%.40q is neither true nor false; write one of the two", text)
	}
	return nil
}

const quotes = "\"'`“”„‘’«»"

// A MailHost is the name or the IP address of a mail server.
type MailHost string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *MailHost) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	switch {
	case strings.Trim(s, quotes) != s:
		return fmt.Errorf("%.100q is in quotation marks, which count as part of the name here; take them off", s)
	case strings.Contains(s, "://") || strings.ContainsAny(s, "/@"):
		return fmt.Errorf("%.100q is not the name of a mail server; give the name alone, like smtp.gmail.com", s)
	case net.ParseIP(strings.Trim(s, "[]")) != nil:
		s = strings.Trim(s, "[]")
	case strings.Contains(s, ":"):
		return fmt.Errorf("%.100q has a port in it; give the name alone here, and the port as EMAIL_PORT", s)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return fmt.Errorf("%.100q has a space in it; give the name alone, like smtp.gmail.com", s)
	}
	*h = MailHost(strings.ToLower(s))
	return nil
}

// loopback reports whether the server is on this machine.
func (h MailHost) loopback() bool {
	ip := net.ParseIP(string(h))
	return h == "localhost" || ip != nil && ip.IsLoopback()
}

// google reports whether the server is one of Google's.
func (h MailHost) google() bool {
	for _, domain := range []string{"gmail.com", "googlemail.com", "google.com"} {
		if string(h) == domain || strings.HasSuffix(string(h), "."+domain) {
			return true
		}
	}
	return false
}

// A MailPort is the port of a mail server; 0: not given.
type MailPort uint16

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *MailPort) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%.40q is not a port; give 587, or 465 with EMAIL_USE_SSL", b)
	}
	*p = MailPort(n)
	return nil
}

// A MailUser is the name of an account.
type MailUser string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *MailUser) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	switch {
	case strings.Trim(s, quotes) != s:
		return fmt.Errorf("%.100q is in quotation marks, which count as part of the name here; take them off", s)
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("it has a line break or another control character in it; write it anew")
	case strings.ContainsAny(s, "<>"):
		return fmt.Errorf("%.100q has a name beside the address; give the address alone (the name goes into DEFAULT_FROM_EMAIL)", s)
	case len(s) > 320:
		return errors.New("it is longer than 320 bytes, the longest that an address can be")
	}
	*u = MailUser(s)
	return nil
}

// A Password is a secret that another server gave out. It is taken as it is: nothing is known of its form.
type Password struct{ Secret }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Password) UnmarshalText(b []byte) error {
	if strings.ContainsFunc(string(b), unicode.IsControl) {
		return errors.New("it has a line break or another control character in it, as a file with Windows line ends may give; write it anew")
	}
	p.Secret = Secret(b)
	return nil
}

// A MailAddress is an address, with or without a name before it.
type MailAddress string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *MailAddress) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	if strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("it has a line break or another control character in it; write it anew")
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil {
		return fmt.Errorf(`%.100q is not an address; give one like shop@example.com, or Shop <shop@example.com> (a name with a comma or a dot in double quotes)`, s)
	}
	if len(parsed.Address) > 320 {
		return errors.New("it is longer than 320 bytes, the longest that an address can be")
	}
	if at := strings.LastIndexByte(parsed.Address, '@'); !strings.Contains(parsed.Address[at:], ".") && parsed.Address[at:] != "@localhost" {
		return fmt.Errorf("%.100q has no whole domain after the @; give one like shop@example.com", s)
	}
	*a = MailAddress(s)
	return nil
}

// bare returns the address without the name.
func (a MailAddress) bare() string {
	parsed, err := mail.ParseAddress(string(a))
	if err != nil {
		return ""
	}
	return parsed.Address
}

// Seconds are written as a number, as Django does, or with a unit.
type Seconds time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Seconds) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return fmt.Errorf("%.40q is not a number of seconds; give one like 30", b)
	case d < time.Second || d > 10*time.Minute:
		return fmt.Errorf("%.40q is out of range; give from 1 to 600 seconds", b)
	}
	*s = Seconds(d)
	return nil
}

// A MailQuota is a number of mails in 24 hours: 0 when it is not given, negative when there is no limit.
type MailQuota int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (q *MailQuota) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 31)
	if err != nil {
		return fmt.Errorf("%.40q is not a whole number from 0 (no limit) up", b)
	}
	*q = MailQuota(n)
	if n == 0 {
		*q = -1
	}
	return nil
}

// A TokenURL is where access tokens are fetched.
type TokenURL string

// UnmarshalText implements [encoding.TextUnmarshaler]. It quotes nothing: an address may hold a password.
func (t *TokenURL) UnmarshalText(b []byte) error {
	u, err := url.Parse(strings.TrimSpace(string(b)))
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !MailHost(u.Hostname()).loopback()) {
		return errors.New("it is not an address that begins with https://; a refresh token is sent there")
	}
	*t = TokenURL(u.String())
	return nil
}
