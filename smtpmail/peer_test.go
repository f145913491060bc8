package smtpmail_test

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/smtpmail"
)

// A peer is one end of a connection that follows a script.
type peer struct {
	net.Conn
	in *bufio.Reader
}

func newPeer(c net.Conn) *peer { return &peer{c, bufio.NewReader(c)} }

func (p *peer) say(line string) { _, _ = p.Write([]byte(line + "\r\n")) }

// hear reads up to a line that begins so.
func (p *peer) hear(begin string) bool {
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return false
		}
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// scripted serves each connection with a script.
func scripted(t testing.TB, script func(*peer)) int {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			script(newPeer(c))
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port
}

// Servers that speak no proper SMTP are connection faults before the mail was handed over, and doubts after.
func TestNonsense(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("250-x\r\n", 70) + "250 end"
	for name, c := range map[string]struct {
		greeting, ehlo, mail, dot string
		want                      belfry.Verdict
	}{
		"HTTP":             {greeting: "HTTP/1.1 400 Bad Request", want: belfry.Deferred},
		"no code":          {greeting: "hi", want: belfry.Deferred},
		"a long line":      {greeting: "220 " + strings.Repeat("x", 5000), want: belfry.Deferred},
		"mixed codes":      {greeting: "220-a\r\n221 b", want: belfry.Deferred},
		"many lines":       {greeting: "220 a", ehlo: long, want: belfry.Deferred},
		"code 199":         {greeting: "199 a", want: belfry.Deferred},
		"code 600":         {greeting: "600 a", want: belfry.Deferred},
		"354 to MAIL":      {greeting: "220 a", ehlo: "250 a", mail: "354 a", want: belfry.Deferred},
		"354 to the dot":   {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "354 a", want: belfry.Lost},
		"rubbish at dot":   {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "rubbish", want: belfry.Lost},
		"half at dot":      {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "250-more", want: belfry.Lost},
		"mixed at dot":     {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "250-a\r\n550 b", want: belfry.Lost},
		"other 2xx at dot": {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "252 a", want: belfry.Delivered},
		"no text":          {greeting: "220", ehlo: "250", mail: "250", dot: "250", want: belfry.Delivered},
		"refused at dot":   {greeting: "220 a", ehlo: "250 a", mail: "250 a", dot: "554 no", want: belfry.Refused},
		"HELO only":        {greeting: "220 a", ehlo: "502 what", mail: "250 a", dot: "250 a", want: belfry.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := scripted(t, func(p *peer) {
				p.say(c.greeting)
				if !p.hear("EHLO") {
					return
				}
				p.say(c.ehlo)
				if strings.HasPrefix(c.ehlo, "5") {
					p.hear("HELO")
					p.say("250 a")
				}
				if !p.hear("MAIL") {
					return
				}
				p.say(c.mail)
				if !p.hear("RCPT") {
					return
				}
				p.say("250 a")
				if !p.hear("DATA") {
					return
				}
				p.say("354 a")
				p.hear(".\r\n")
				p.say(c.dot)
			})
			b := newBench(t, "")
			b.open(smtpmail.Account{Host: "localhost", Port: port, TLS: smtpmail.TLSNone})
			if got := b.send(1); got.Verdict != c.want {
				t.Errorf("got %+v (%+v), want %d", got, got.Attempt, c.want)
			}
		})
	}
}

// What is sent between the answer to STARTTLS and TLS was written by somebody in between.
func TestInjectedBeforeTLS(t *testing.T) {
	t.Parallel()
	b := newBench(t, "inject=250-AUTH PLAIN")
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultConnection)
	if !strings.Contains(got.Reason, "attack") {
		t.Errorf("got the reason %q", got.Reason)
	}
}

// Nothing secret goes to a server that does not offer TLS.
func TestNoSTARTTLS(t *testing.T) {
	t.Parallel()
	b := newBench(t, "ehlo=-STARTTLS,+AUTH PLAIN")
	got := b.send(1)
	b.want(got, belfry.Deferred, belfry.FaultConfig)
	if said := b.server.Dialogue(); strings.Contains(said, "AUTH PLAIN A") || strings.Contains(said, "C: MAIL") || strings.Contains(said, "C: AUTH") {
		t.Errorf("something was said in clear:\n%s", said)
	}
}
