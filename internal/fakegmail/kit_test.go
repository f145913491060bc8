package fakegmail_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// A client says what it is told and reads what is answered; it deadlines everything at some seconds.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

const patience = 10 * time.Second

func start(t *testing.T, opts fakegmail.Options) *fakegmail.Server {
	t.Helper()
	s, err := fakegmail.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func scenario(t *testing.T, text string) fakegmail.Options {
	t.Helper()
	sc, err := fakegmail.ParseScenario(text)
	if err != nil {
		t.Fatal(err)
	}
	return fakegmail.Options{Scenario: sc}
}

func dial(t *testing.T, s *fakegmail.Server) *client {
	t.Helper()
	c, err := tryDial(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryDial(t *testing.T, s *fakegmail.Server) (*client, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr(), patience)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{t: t}
	c.over(conn)
	return c, nil
}

func (c *client) over(conn net.Conn) {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = conn, bufio.NewReader(conn)
}

// write sends bytes as they are.
func (c *client) write(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.t.Fatalf("write %.40q: %v", s, err)
	}
}

// reply reads a whole reply; it is "" when the connection ends before one byte of it came.
func (c *client) reply() string {
	var b strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		b.WriteString(line)
		if err != nil || len(line) < 4 || line[3] == ' ' {
			return b.String()
		}
	}
}

// ask sends a line and wants a reply that begins so.
func (c *client) ask(line, want string) string {
	c.t.Helper()
	c.write(line + "\r\n")
	return c.want(line, want)
}

func (c *client) want(what, want string) string {
	c.t.Helper()
	got := c.reply()
	if !strings.HasPrefix(got, want) || want == "" && got != "" {
		c.t.Fatalf("%.60q: got %q, want %q", what, got, want)
	}
	return got
}

// private brings the connection to the point where AUTH may be said.
func (c *client) private(s *fakegmail.Server) {
	c.t.Helper()
	c.want("greeting", "220 ")
	c.ask("EHLO client.example", "250-")
	c.ask("STARTTLS", "220 ")
	c.encrypt(s)
	c.ask("EHLO client.example", "250-")
}

func (c *client) encrypt(s *fakegmail.Server) {
	c.t.Helper()
	if !c.tryEncrypt(s) {
		c.t.Fatal("the handshake failed")
	}
}

// plainWord is AUTH PLAIN for me and the password abcd.
const plainWord = "AUTH PLAIN AG1lAGFiY2Q="

func login(t *testing.T, s *fakegmail.Server) *client {
	t.Helper()
	c := dial(t, s)
	c.private(s)
	c.ask(plainWord, "235 2.7.0 ")
	return c
}

// send sends one mail by DATA and wants the answer to the dot.
func (c *client) send(n int, want string) {
	c.t.Helper()
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	c.ask("RCPT TO:<ada@example.org>", "250 ")
	c.ask("DATA", "354 ")
	c.ask(mail(n)+".", want)
}

func mail(n int) string {
	return fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: mail %d\r\n\r\nHello.\r\n", n, n)
}

// tryEncrypt reports whether the handshake went well.
func (c *client) tryEncrypt(s *fakegmail.Server) bool {
	conn := tls.Client(c.conn, &tls.Config{RootCAs: s.CertPool(), ServerName: "smtp.gmail.com"})
	if conn.HandshakeContext(c.t.Context()) != nil {
		return false
	}
	c.over(conn)
	return true
}
