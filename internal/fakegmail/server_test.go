package fakegmail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

func TestMailIsKeptAsSent(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org> SIZE=100 BODY=8BITMIME", "250 2.1.0 ")
	c.ask("RCPT TO:<ada@example.org>", "250 2.1.5 ")
	c.ask("DATA", "354 ")
	c.ask("Message-ID:\r\n <1@example.org>\r\n\r\n..dot\r\n...\r\nlast\r\n.", "250 2.0.0 ")
	c.ask("QUIT", "221 2.0.0 ")
	got, err := s.WaitFor(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Message-ID:\r\n <1@example.org>\r\n\r\n.dot\r\n..\r\nlast\r\n"; string(got[0].Data) != want {
		t.Errorf("got %q, want %q", got[0].Data, want)
	}
	if got[0].MessageID != "<1@example.org>" || got[0].User != "me" || got[0].From != "me@example.org" || got[0].By != "DATA" {
		t.Errorf("got %+v", got[0])
	}
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{TLS: fakegmail.Implicit})
	c := dial(t, s)
	c.encrypt(s)
	c.want("greeting", "220 ")
	if got := c.ask("EHLO x", "250-"); strings.Contains(got, "STARTTLS") || !strings.Contains(got, "AUTH") {
		t.Errorf("got %q", got)
	}
	c.ask(plainWord, "235 ")
	c.send(1, "250 ")
	if got := s.Messages()[0].TLS; got != "TLS 1.3" {
		t.Errorf("got %q", got)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "cert=expired": "expired", "cert=wrong-name": "failed to verify certificate"} {
		opts := scenario(t, text)
		opts.TLS = fakegmail.Implicit
		s := start(t, opts)
		for _, name := range []string{"smtp.gmail.com", "localhost", s.Host()} {
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(s.CertPEM()) {
				t.Fatal("the PEM cannot be read")
			}
			conn, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: pool, ServerName: name})
			if err == nil {
				_ = conn.Close()
			}
			if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q for %s: got %v, want %q", text, name, err, want)
			}
		}
	}
}

func TestMailThatCannotBeKept(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	s := start(t, fakegmail.Options{Forget: true, Keep: func(m fakegmail.Message) error {
		if m.Number > 1 {
			return full
		}
		return nil
	}})
	c := login(t, s)
	c.send(1, "250 ")
	c.send(2, "452 4.3.1 ")
	if n := len(s.Messages()) + len(s.Events()); n != 0 {
		t.Errorf("%d were kept, and were to be forgotten", n)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := fakegmail.Start(ctx, fakegmail.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := login(t, s)
	cancel()
	<-s.Done()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	c.want("after it", "")
	if _, err := s.WaitFor(t.Context(), 1); err == nil {
		t.Error("waited for a mail that cannot come")
	}
	if _, err := net.DialTimeout("tcp", s.Addr(), patience); err == nil {
		t.Error("it still listens")
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	if _, err := fakegmail.Start(t.Context(), fakegmail.Options{Addr: s.Addr()}); err == nil || !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("got %v", err)
	}
	if s.Port() == 0 || fmt.Sprintf("%s:%d", s.Host(), s.Port()) != s.Addr() {
		t.Errorf("got %s and %d", s.Host(), s.Port())
	}
}

func TestListenerIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, fakegmail.Options{Listener: l})
	if s.Addr() != l.Addr().String() {
		t.Errorf("got %s", s.Addr())
	}
	login(t, s).send(1, "250 ")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err == nil {
		t.Error("the listener was left open")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
