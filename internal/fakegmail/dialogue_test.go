package fakegmail_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

func TestWhatIsOffered(t *testing.T) {
	t.Parallel()
	const common = "250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n"
	s := start(t, fakegmail.Options{})
	c := dial(t, s)
	c.want("greeting", "220 smtp.gmail.com ESMTP ")
	first := "250-smtp.gmail.com at your service, [127.0.0.1]\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n"
	if got, want := c.ask("EHLO x", "250-"), first+"250-STARTTLS\r\n"+common; got != want {
		t.Errorf("in the clear: got %q, want %q", got, want)
	}
	c.ask("STARTTLS", "220 2.0.0 Ready to start TLS\r\n")
	c.encrypt(s)
	if got, want := c.ask("EHLO x", "250-"), first+"250-AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER\r\n"+common; got != want {
		t.Errorf("in private: got %q, want %q", got, want)
	}
	c.ask("HELO x", "250 smtp.gmail.com at your service\r\n")
	c.ask("EHLO", "501 5.5.4 Empty")
	c.want("after it", "")
	changed := start(t, scenario(t, "ehlo=-CHUNKING,-SIZE,+DSN,-STARTTLS,-8BITMIME,-PIPELINING"))
	c = dial(t, changed)
	c.want("greeting", "220 ")
	if got := c.ask("EHLO x", "250-"); got != "250-smtp.gmail.com at your service, [127.0.0.1]\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250 DSN\r\n" {
		t.Errorf("got %q", got)
	}
	c.ask("STARTTLS", "502 ")
	c.ask("BDAT 0 LAST", "501 ")
}

func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{Users: map[string]string{"me": "abcd"}})
	c := dial(t, s)
	c.want("greeting", "220 ")
	c.ask("MAIL FROM:<me@example.org>", "530 5.7.0 Must issue a STARTTLS")
	c.ask("EHLO x", "250-")
	c.ask(plainWord, "530 5.7.0 Must issue a STARTTLS")
	c.ask("MAIL FROM:<me@example.org>", "530 5.7.0 Must issue a STARTTLS")
	c.ask("STARTTLS", "220 ")
	c.encrypt(s)
	c.ask(plainWord, "503 5.5.1 EHLO/HELO first")
	c.ask("EHLO x", "250-")
	c.ask("STARTTLS", "502 ")
	c.ask("MAIL FROM:<me@example.org>", "530-5.7.0 Authentication Required")
	c.ask("AUTH CRAM-MD5", "504 5.7.4 ")
	c.ask(plainWord, "235 ")
	c.ask(plainWord, "503 ")
	c.ask("RCPT TO:<ada@example.org>", "503 5.5.1 MAIL first")
	c.ask("DATA", "503 5.5.1 MAIL first")
	c.ask("BDAT 5 LAST\r\nQUIT ", "503 5.5.1 MAIL first") // the chunk is read, and is no command
	c.want("the end of that line", "502-")
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	c.ask("MAIL FROM:<me@example.org>", "503 5.5.1 Nested")
	c.ask("DATA", "503 5.5.1 RCPT first")
	c.ask("RSET", "250 2.1.5 Flushed")
	c.ask("RCPT TO:<ada@example.org>", "503 ")
	c.ask("NOSUCH thing", "502-5.5.1 Unrecognized")
	c.ask("VRFY ada", "252 ")
	c.ask("QUIT", "221 2.0.0 closing connection")
	c.want("after it", "")
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d mails were kept", n)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := login(t, s)
	for _, line := range []string{"MAIL FROM:me@example.org", "MAIL <me@example.org>", "MAIL FROM:<me@exam ple.org>", "MAIL", "MAIL FROM:<me"} {
		c.ask(line, "555 5.5.2 ")
	}
	c.ask("MAIL FROM:<me@example.org> RET=HDRS", "555 5.5.4 ")
	c.ask("MAIL FROM:<me@example.org> SIZE=x", "501 ")
	c.ask("MAIL FROM:<me@example.org> BODY=BINARYMIME", "501 ")
	c.ask("MAIL FROM:<mé@example.org>", "553 5.6.7 ")
	c.ask("MAIL FROM:<>", "250 ")
	c.ask("RCPT TO:<adé@example.org>", "553 5.6.7 ")
	c.ask("RCPT TO:<ada>", "553-5.1.3 ")
	c.ask("RCPT TO:<@example.org>", "553-5.1.3 ")
	c.ask("RCPT TO:<ada@>", "553-5.1.3 ")
	c.ask("RSET", "250 ")
	c.ask("MAIL FROM:<mé@example.org> SMTPUTF8", "250 ")
	c.ask("RCPT TO:<adé@example.org>", "250 ")
	for _, text := range []string{"a\nb\r\n.", "a\rb\r\n.", "\n.\r\na\r\n.", "a\n.\nb\r\n."} {
		c.ask("RSET", "250 ")
		c.ask("MAIL FROM:<me@example.org>", "250 ")
		c.ask("RCPT TO:<ada@example.org>", "250 ")
		c.ask("DATA", "354 ")
		c.ask(text, "550 5.6.11 ")
	}
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	c.ask("RCPT TO:<ada@example.org>", "250 ")
	c.write("BDAT 2 LAST\r\na\r")
	c.want("BDAT", "550 5.6.11 ")
	c.ask(strings.Repeat("x", 13<<10), "500 5.5.2 Line too long")
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d mails were kept", n)
	}
}

func TestOneFlight(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "nth=2:daily-limit@mail; nth=2:no-such-user; nth=3:daily-limit@data"))
	c := login(t, s)
	flight := func(n int) string {
		return fmt.Sprintf("MAIL FROM:<me@example.org>\r\nRCPT TO:<ada@example.org>\r\nBDAT %d LAST\r\n%s", len(mail(n)), mail(n))
	}
	for _, want := range [][]string{
		{"250 2.1.0", "250 2.1.5", "250 2.0.0"},
		{"550-5.4.5", "503 5.5.1", "503 5.5.1"}, // a refused MAIL refuses all that follows, and the chunk is still read
		{"250 2.1.0", "550-5.1.1", "503 5.5.1"},
		{"503 5.5.1", "250 2.1.5", "250 2.0.0"}, // the sender of the mail before stands still
		{"250 2.1.0", "250 2.1.5", "550-5.4.5"},
		{"250 2.1.0", "250 2.1.5", "250 2.0.0"},
	} {
		c.write(flight(1))
		for _, w := range want {
			c.want("flight", w)
		}
	}
	if n := len(s.Copies("<1@example.org>")); n != 3 || s.Messages()[0].By != "BDAT" {
		t.Errorf("got %d copies", n)
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	opts := fakegmail.Options{
		Users: map[string]string{"me": "abcd efgh ijkl mnop"}, Tokens: map[string]string{"me": "ya29.token"},
	}
	s := start(t, opts)
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		what  string
		lines []string
		good  bool
	}{
		{"plain", []string{"AUTH PLAIN " + enc("\x00me\x00abcdefghijklmnop")}, true},
		{"plain with spaces", []string{"AUTH PLAIN " + enc("\x00me\x00abcd efgh ijkl mnop")}, true},
		{"plain in two steps", []string{"AUTH PLAIN", enc("\x00ME\x00abcdefghijklmnop")}, true},
		{"wrong password", []string{"AUTH PLAIN " + enc("\x00me\x00abcdefghijklmnox")}, false},
		{"wrong case", []string{"AUTH PLAIN " + enc("\x00me\x00ABCDefghijklmnop")}, false},
		{"unknown user", []string{"AUTH PLAIN " + enc("\x00you\x00abcdefghijklmnop")}, false},
		{"no base64", []string{"AUTH PLAIN %%%"}, false},
		{"canceled", []string{"AUTH LOGIN", "*", "*"}, false},
		{"login", []string{"AUTH LOGIN", enc("me"), enc("abcdefghijklmnop")}, true},
		{"login with the name", []string{"AUTH LOGIN " + enc("me"), enc("abcdefghijklmnop")}, true},
		{"login, wrong", []string{"AUTH LOGIN", enc("me"), enc("x")}, false},
		{"xoauth2", []string{"AUTH XOAUTH2 " + enc("user=me\x01auth=Bearer ya29.token\x01\x01")}, true},
		{"xoauth2, wrong", []string{"AUTH XOAUTH2 " + enc("user=me\x01auth=Bearer other\x01\x01"), ""}, false},
		{"oauthbearer", []string{"AUTH OAUTHBEARER " + enc("n,a=me,\x01host=x\x01auth=Bearer ya29.token\x01\x01")}, true},
		{"a token is no password", []string{"AUTH PLAIN " + enc("\x00me\x00ya29.token")}, false},
	} {
		client := dial(t, s)
		client.private(s)
		for i, line := range c.lines {
			want := "334 "
			if i == len(c.lines)-1 {
				want = map[bool]string{true: "235 2.7.0 Accepted", false: "535-5.7.8 "}[c.good]
			}
			t.Log(c.what)
			client.ask(line, want)
		}
	}
	for _, secret := range []string{
		"abcdefghijklmnop", "abcd efgh", "ya29", enc("\x00me\x00abcdefghijklmnop"), enc("abcdefghijklmnop"), enc("user=me\x01auth=Bearer ya29.token\x01\x01"), "%%%",
	} {
		if strings.Contains(s.Dialogue(), secret) {
			t.Errorf("the dialogue holds %q:\n%s", secret, s.Dialogue())
		}
	}
}

func TestTextBesideSTARTTLSIsInjected(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "inject=250 pwned"))
	c := dial(t, s)
	c.want("greeting", "220 ")
	c.ask("EHLO x", "250-")
	c.ask("STARTTLS", "220 2.0.0 ")
	if c.r.Buffered() == 0 {
		t.Fatal("it did not come in one piece")
	}
	c.want("what was injected", "250 pwned\r\n")
	c.encrypt(s)
	c.ask("EHLO x", "250-")
}

func TestClientThatSpeaksBeforeTLS(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := dial(t, s)
	c.want("greeting", "220 ")
	c.ask("EHLO x", "250-")
	c.write("STARTTLS\r\nMAIL FROM:<a@x>\r\n")
	c.want("STARTTLS", "220 ")
	c.want("after it", "")
}

func TestDialogue(t *testing.T) {
	t.Parallel()
	var seen []string
	s := start(t, fakegmail.Options{TLS: fakegmail.NoTLS, Watch: func(e fakegmail.Event) { seen = append(seen, e.String()) }})
	c := dial(t, s)
	c.want("greeting", "220 ")
	c.ask("EHLO x", "250-")
	c.ask(plainWord, "235 ")
	c.send(1, "250 ")
	c.ask("QUIT", "221 ")
	c.want("after it", "")
	if err := c.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"[1] -- open from 127.0.0.1:", "[1] S: 220 smtp.gmail.com", "[1] C: EHLO x", "[1] C: AUTH PLAIN (secret)", "[1] S: 235 2.7.0 Accepted",
		"[1] C: MAIL FROM:<me@example.org>", fmt.Sprintf("[1] ** <1@example.org> from me@example.org to [ada@example.org], %d bytes", len(mail(1))), "[1] S: 221 2.0.0", "[1] -- close by the server",
	} {
		if !slices.ContainsFunc(seen, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("no %q in\n%s", want, strings.Join(seen, "\n"))
		}
	}
	if got := s.Dialogue(); got != strings.Join(seen, "\n")+"\n" {
		t.Errorf("got\n%s\nwatched\n%s", got, strings.Join(seen, "\n"))
	}
}
