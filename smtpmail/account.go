package smtpmail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// An Account is one mailbox at one server by which mail leaves. The zero value of a field is its default.
type Account struct {
	Name string // in the log, in metrics and in the store; default: the host
	Host string // required
	Port int    // default: 587, with TLSImplicit 465, with TLSNone 25
	TLS  TLSMode

	User   string // empty: the server asks for no credential
	Secret string // an App Password or a password; spaces in one for Google mean nothing
	Auth   Auth
	OAuth2 *OAuth2 // instead of Secret

	HelloName string // what the server is told we are; default: this machine's full name, else its address

	// Quota is how many mails the server takes in any 24 hours; 0: the server's known limit, else none; negative: none.
	Quota int
	// Reserve is the part of the quota, in percent, that bulk mail must leave to others; 0: 20; negative: nothing.
	Reserve int

	Rate             float64 // mails a second; 0: 1 at Google, else no limit; negative: no limit
	Burst            int     // how many may leave at once after a silence; 0: 5
	MaxPerConnection int     // mails on one connection; 0: 100
	IdleClose        time.Duration
	Timeouts         Timeouts

	RootCAs *x509.CertPool // default: the system's
}

// A TLSMode says how a connection is made secret.
type TLSMode uint8

// The modes.
const (
	STARTTLS    TLSMode = iota // mandatory: a server that does not offer it is told nothing
	TLSImplicit                // from the first byte, port 465
	TLSNone                    // only to this machine itself, and without a credential
)

// String returns the name that settings use.
func (m TLSMode) String() string {
	switch m {
	case TLSImplicit:
		return "implicit TLS"
	case TLSNone:
		return "no TLS"
	default:
		return "STARTTLS"
	}
}

// Auth is how an account shows who it is.
type Auth string

// The mechanisms.
const (
	AuthAuto    Auth = ""        // XOAUTH2 when OAuth2 is set, else what the server offers: PLAIN before LOGIN
	AuthPlain   Auth = "PLAIN"   //
	AuthLogin   Auth = "LOGIN"   //
	AuthXOAuth2 Auth = "XOAUTH2" //
)

// OAuth2 is a credential by which short-lived access tokens are fetched.
type OAuth2 struct {
	ClientID     string
	ClientSecret string
	RefreshToken string
	TokenURL     string // default: Google's
}

const googleTokenURL = "https://oauth2.googleapis.com/token"

// Timeouts bound each stage. The defaults are what RFC 5321, 4.5.3.2 asks a client to grant.
type Timeouts struct {
	Dial     time.Duration // name and TCP: 30 s
	TLS      time.Duration // 1 min
	Greeting time.Duration // 5 min
	Command  time.Duration // EHLO, AUTH, MAIL, RCPT, BDAT's first answers: 5 min
	Data     time.Duration // the answer to DATA: 2 min
	Block    time.Duration // each block of a message that is written: 3 min
	Dot      time.Duration // the answer to a whole message: 10 min
	Quit     time.Duration // 2 s; nothing depends on it
}

// Within returns timeouts of which none is longer than d, for a setting that names one number for all.
func Within(d time.Duration) Timeouts {
	return Timeouts{Dial: d, TLS: d, Greeting: d, Command: d, Data: d, Block: d, Dot: d, Quit: min(d, quitTimeout)}
}

const quitTimeout = 2 * time.Second

func (t Timeouts) withDefaults() Timeouts {
	set := func(field *time.Duration, d time.Duration) {
		if *field <= 0 {
			*field = d
		}
	}
	set(&t.Dial, 30*time.Second)
	set(&t.TLS, time.Minute)
	set(&t.Greeting, 5*time.Minute)
	set(&t.Command, 5*time.Minute)
	set(&t.Data, 2*time.Minute)
	set(&t.Block, 3*time.Minute)
	set(&t.Dot, 10*time.Minute)
	set(&t.Quit, quitTimeout)
	return t
}

// Google's numbers, over any 24 hours; smtp-relay is the relay of Google Workspace.
const (
	googleFreeQuota      = 500
	googleWorkspaceQuota = 2_000
	googleRelayQuota     = 10_000
	googleMaxSize        = 35_882_577 // what its EHLO says
)

// Google reports whether a host is one of Google's mail servers.
func Google(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range []string{"gmail.com", "googlemail.com", "google.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

func googleQuota(host, user string) int {
	if strings.HasPrefix(strings.ToLower(host), "smtp-relay.") {
		return googleRelayQuota
	}
	_, domain, _ := strings.Cut(strings.ToLower(user), "@")
	if domain == "" || domain == "gmail.com" || domain == "googlemail.com" {
		return googleFreeQuota
	}
	return googleWorkspaceQuota
}

// Complete returns the account with its defaults, or says what is wrong with it. No error holds a secret.
func (a Account) Complete() (Account, error) {
	a.Host = strings.TrimSpace(a.Host)
	if a.Name == "" {
		a.Name = a.Host
	}
	if err := a.validate(); err != nil {
		return a, fmt.Errorf("mail account %q: %w", a.Name, err)
	}
	if a.Port == 0 {
		a.Port = map[TLSMode]int{STARTTLS: 587, TLSImplicit: 465, TLSNone: 25}[a.TLS]
	}
	google := Google(a.Host)
	if google {
		a.Secret = strings.Join(strings.Fields(a.Secret), "") // shown as four groups of four
	}
	if a.OAuth2 != nil && a.OAuth2.TokenURL == "" {
		o := *a.OAuth2
		o.TokenURL = googleTokenURL
		a.OAuth2 = &o
	}
	a.HelloName = helloName(a.HelloName)
	if a.Quota == 0 && google {
		a.Quota = googleQuota(a.Host, a.User)
	}
	if a.Reserve == 0 {
		a.Reserve = 20
	}
	if a.Rate == 0 && google {
		a.Rate = 1
	}
	a.Quota, a.Reserve, a.Rate = max(a.Quota, 0), min(max(a.Reserve, 0), 100), max(a.Rate, 0)
	a.Burst = orDefault(a.Burst, 5)
	a.MaxPerConnection = orDefault(a.MaxPerConnection, 100)
	a.IdleClose = orDefault(a.IdleClose, time.Minute)
	a.Timeouts = a.Timeouts.withDefaults()
	return a, nil
}

func orDefault[T int | time.Duration](value, standard T) T {
	if value <= 0 {
		return standard
	}
	return value
}

func (a *Account) validate() error {
	switch {
	case a.Host == "":
		return errors.New("no host is set")
	case strings.ContainsFunc(a.Host+a.HelloName, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errors.New("the host or the hello name has a space or a control character in it")
	case strings.HasPrefix(a.Name, "@"):
		return errors.New("the name begins with @: the states of senders' domains are kept under such names")
	case a.Port < 0 || a.Port > 65535:
		return fmt.Errorf("the port %d is none", a.Port)
	case a.TLS > TLSNone:
		return fmt.Errorf("the TLS mode %d is none", a.TLS)
	case a.TLS == TLSNone && !loopback(a.Host):
		return errors.New("without TLS mail goes to this machine itself only (localhost): set EMAIL_USE_TLS or EMAIL_USE_SSL to true")
	case a.TLS == TLSNone && a.User != "":
		return errors.New("a user and a password are never sent without TLS: set EMAIL_USE_TLS or EMAIL_USE_SSL to true, or leave the user empty")
	case a.User == "" && (a.Secret != "" || a.OAuth2 != nil):
		return errors.New("a password is set and no user: set EMAIL_HOST_USER")
	case a.User != "" && a.Secret == "" && a.OAuth2 == nil:
		return errors.New("a user is set and no password: set EMAIL_HOST_PASSWORD")
	case strings.ContainsAny(a.User+a.Secret, "\x00\r\n"):
		return errors.New("the user or the password has a line break or a zero byte in it")
	}
	return a.validateAuth()
}

func (a *Account) validateAuth() error {
	switch a.Auth {
	case AuthAuto:
	case AuthPlain, AuthLogin:
		if a.User != "" && a.Secret == "" {
			return fmt.Errorf("%s needs a password", a.Auth)
		}
	case AuthXOAuth2:
		if a.OAuth2 == nil {
			return errors.New("XOAUTH2 needs the OAuth2 settings")
		}
	default:
		return fmt.Errorf("the mechanism %q is unknown: PLAIN, LOGIN or XOAUTH2", a.Auth)
	}
	if o := a.OAuth2; o != nil && (o.ClientID == "" || o.RefreshToken == "") {
		return errors.New("OAuth2 needs a client id and a refresh token")
	}
	if o := a.OAuth2; o != nil && o.TokenURL != "" {
		u, err := url.Parse(o.TokenURL)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
			return errors.New("the OAuth2 token address must begin with https://")
		}
	}
	return nil
}

func (a *Account) address() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

func loopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// helloName returns a full name, or nothing: then the address of the connection is said, as RFC 5321, 4.1.4 asks of a
// client without a name. Google turns away those who call themselves localhost.
func helloName(set string) string {
	if set != "" {
		return set
	}
	name, err := os.Hostname()
	if err != nil || !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") || strings.HasPrefix(name, "localhost") {
		return ""
	}
	for i := range len(name) {
		ch := name[i]
		if (ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z') && (ch < '0' || ch > '9') && ch != '-' && ch != '.' {
			return ""
		}
	}
	return name
}
