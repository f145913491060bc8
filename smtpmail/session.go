package smtpmail

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// A session is a dialogue with a server, from its greeting on. It belongs to one goroutine at a time.
type session struct {
	*wire
	account *Account
	offers  map[string]string // what EHLO said: keyword in upper case, parameters
	mails   int               // transactions on this connection
	used    time.Time         // when the last of them ended
	reset   bool              // a transaction was broken off in good order: RSET before the next
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// dialSession connects, and says nothing yet.
func dialSession(ctx context.Context, a *Account, dial dialer) (*session, *failure) {
	within, cancel := context.WithTimeout(ctx, a.Timeouts.Dial)
	defer cancel()
	c, err := dial(within, "tcp", a.address())
	if err != nil {
		switch {
		case ctx.Err() != nil:
			err = ended(ctx)
		case within.Err() != nil:
			err = late(a.Timeouts.Dial)
		}
		return nil, broken(StageDial, err)
	}
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok && a.TLS == TLSNone && !tcp.IP.IsLoopback() {
		_ = c.Close()
		return nil, broken(StageDial, &kindError{"not-loopback", "the address " + tcp.IP.String() + " is not this machine's"})
	}
	return &session{wire: newWire(c), account: a, used: time.Now()}, nil
}

// handshake puts the session under TLS.
func (s *session) handshake(ctx context.Context) *failure {
	if err := s.raw.SetDeadline(time.Now().Add(s.account.Timeouts.TLS)); err != nil {
		return broken(StageTLS, err)
	}
	c := tls.Client(s.raw, &tls.Config{ServerName: strings.TrimSuffix(s.account.Host, "."), RootCAs: s.account.RootCAs, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return broken(StageTLS, s.fault(ctx, err, s.account.Timeouts.TLS))
	}
	s.secure(c)
	return nil
}

func (s *session) greet(ctx context.Context) *failure {
	r, err := s.read(ctx, s.account.Timeouts.Greeting)
	if err != nil {
		return broken(StageGreeting, err)
	}
	if r.code != 220 {
		return refused(StageGreeting, r)
	}
	return nil
}

// ask sends one line and reads its reply, which must be of the class want: 2 or 3.
func (s *session) ask(ctx context.Context, stage Stage, want int, d time.Duration, line string) (*reply, *failure) {
	if _, err := s.write(ctx, []byte(line+"\r\n"), s.account.Timeouts.Block); err != nil {
		return nil, broken(stage, err)
	}
	r, err := s.read(ctx, d)
	if err != nil {
		return nil, broken(stage, err)
	}
	if r.code/100 != want {
		return r, refused(stage, r)
	}
	return r, nil
}

// hello says who we are, and learns what the server offers. A server that knows no EHLO offers nothing.
func (s *session) hello(ctx context.Context) *failure {
	r, f := s.ask(ctx, StageEHLO, 2, s.account.Timeouts.Command, "EHLO "+s.name())
	if f != nil && r != nil && (r.code == 500 || r.code == 502) {
		r, f = s.ask(ctx, StageEHLO, 2, s.account.Timeouts.Command, "HELO "+s.name())
		if f == nil {
			r.lines = r.lines[:1]
		}
	}
	if f != nil {
		return f
	}
	s.offers = map[string]string{}
	for _, line := range r.lines[1:] {
		keyword, parameters, _ := strings.Cut(line, " ")
		s.offers[strings.ToUpper(keyword)] = parameters
	}
	return nil
}

func (s *session) name() string {
	if s.account.HelloName != "" {
		return s.account.HelloName
	}
	tcp, ok := s.raw.LocalAddr().(*net.TCPAddr)
	if !ok {
		return "[127.0.0.1]"
	}
	if tcp.IP.To4() == nil {
		return "[IPv6:" + tcp.IP.String() + "]"
	}
	return "[" + tcp.IP.String() + "]"
}

func (s *session) offered(keyword string) bool { _, ok := s.offers[keyword]; return ok }

// maxSize returns how large a message may be; 0: the server does not say.
func (s *session) maxSize() int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s.offers["SIZE"]), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// startTLS asks for TLS and begins it. What lies in the buffer then was sent in clear, by whoever, to be taken for
// something that was said under TLS.
func (s *session) startTLS(ctx context.Context) *failure {
	if !s.offered("STARTTLS") {
		return broken(StageSTARTTLS, &kindError{"no-starttls", "the server does not offer STARTTLS"})
	}
	r, f := s.ask(ctx, StageSTARTTLS, 2, s.account.Timeouts.Command, "STARTTLS")
	if f != nil {
		return f
	}
	if r.code != 220 {
		return refused(StageSTARTTLS, r)
	}
	if s.in.Buffered() > 0 {
		return broken(StageSTARTTLS, &kindError{"injected", "something was sent before TLS began"})
	}
	return s.handshake(ctx)
}

// alive reports whether a connection that was kept is still one.
func (s *session) alive(ctx context.Context) bool {
	line := "NOOP"
	if s.reset {
		line = "RSET"
	} else if time.Since(s.used) < time.Second {
		return true
	}
	defer s.guard(ctx)()
	_, f := s.ask(ctx, StageMail, 2, min(s.account.Timeouts.Command, 10*time.Second), line)
	s.reset = false
	return f == nil
}

// quit ends a session in which nothing is open. What the server answers changes nothing.
func (s *session) quit() {
	if _, err := s.write(context.Background(), []byte("QUIT\r\n"), s.account.Timeouts.Quit); err == nil {
		_, _ = s.read(context.Background(), s.account.Timeouts.Quit)
	}
	_ = s.raw.Close()
}

// abandon closes the socket without a word: nothing that was begun may be ended by accident.
func (s *session) abandon() { _ = s.raw.Close() }

// envelope returns the lines before the message, or what makes them impossible at this server.
func (s *session) envelope(l letter) (mail, rcpt string, f *failure) {
	impossible := func(kind, format string, args ...any) *failure {
		return &failure{stage: StageMail, kind: kind, text: fmt.Sprintf(format, args...), clean: true}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "MAIL FROM:<%s>", l.from)
	if size := s.maxSize(); size > 0 && int64(len(l.Message)) > size {
		return "", "", impossible("too-large", "The mail has %d bytes, and the server takes %d.", len(l.Message), size)
	}
	if s.offered("SIZE") {
		fmt.Fprintf(&b, " SIZE=%d", len(l.Message))
	}
	if l.eight || l.utf8 {
		if !s.offered("8BITMIME") {
			return "", "", impossible("no-8bit", "The server does not offer 8BITMIME.")
		}
		b.WriteString(" BODY=8BITMIME")
	}
	if l.utf8 {
		if !s.offered("SMTPUTF8") {
			return "", "", impossible("no-utf8", "The server does not offer SMTPUTF8.")
		}
		b.WriteString(" SMTPUTF8")
	}
	return b.String(), "RCPT TO:<" + l.to + ">", nil
}
