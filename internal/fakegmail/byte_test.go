package fakegmail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// A break at any byte of a mail is the end of it, however it is sent; one behind its last byte never comes.
func TestBreakAtEachByteOfAMail(t *testing.T) {
	t.Parallel()
	const content = "A: b\r\n\r\n..\r\n"
	for _, way := range []struct{ name, begin, answer, wire string }{
		{"DATA", "DATA", "354 ", content + ".\r\n"},
		{"BDAT", "", "", fmt.Sprintf("BDAT 4\r\nA: bBDAT %d LAST\r\n%s", len(content)-4, content[4:])},
	} {
		size := len(content) // of the bytes that count
		if way.name == "DATA" {
			size = len(way.wire)
		}
		s := start(t, fakegmail.Options{})
		for n := range size + 2 {
			s.Forget()
			s.SetScenario(fakegmail.MustScenario(fmt.Sprintf("drop=at:data:%d", n)))
			c := login(t, s)
			c.ask("MAIL FROM:<me@example.org>", "250 ")
			c.ask("RCPT TO:<ada@example.org>", "250 ")
			if way.begin != "" {
				c.ask(way.begin, way.answer)
			}
			c.write(way.wire)
			got := c.reply()
			if way.name == "BDAT" && strings.HasPrefix(got, "250 2.0.0 4 octets") {
				got = c.reply()
			}
			if n <= size && (got != "" || len(s.Messages()) != 0) {
				t.Fatalf("%s: at %d: got %q, %d mails", way.name, n, got, len(s.Messages()))
			}
			if n > size && (!strings.HasPrefix(got, "250 ") || len(s.Messages()) != 1) {
				t.Fatalf("%s: past the end at %d: got %q, %d mails", way.name, n, got, len(s.Messages()))
			}
		}
	}
}

// Whatever was read before the break is carried out, and nothing after it.
func TestBreakAtEachByteRead(t *testing.T) {
	t.Parallel()
	const dialogue = "EHLO x\r\nAUTH PLAIN AG1lAGFiY2Q=\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 6 LAST\r\nA: b\r\n"
	s := start(t, fakegmail.Options{TLS: fakegmail.NoTLS})
	for n := range len(dialogue) + 1 {
		s.Forget()
		s.SetScenario(fakegmail.MustScenario(fmt.Sprintf("drop=at:in:%d", n)))
		c := dial(t, s)
		c.want("greeting", "220 ")
		c.write(dialogue)
		answers := 0
		for c.reply() != "" {
			answers++
		}
		want := strings.Count(dialogue[:n], "\r\n")
		if n > strings.Index(dialogue, "A: b") {
			want = 4 // the mail has one answer, and none before its last byte
			if n == len(dialogue) {
				want = 5
			}
		}
		// The last answers may be lost with the connection: it is closed with bytes unread.
		if kept := len(s.Messages()); kept != btoi(n == len(dialogue)) || answers > want {
			t.Fatalf("%d bytes: %d mails, %d answers, want at most %d", n, kept, answers, want)
		}
	}
}

func TestBreakAtEachByteWritten(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{TLS: fakegmail.NoTLS})
	for n := range 200 {
		s.SetScenario(fakegmail.MustScenario(fmt.Sprintf("drop=at:out:%d", n)))
		c := dial(t, s)
		got := c.reply()
		if len(got) < n {
			c.write("EHLO x\r\n")
			got += c.reply()
		}
		if len(got) < n {
			t.Fatalf("%d bytes: got %q", n, got)
		}
		if rest := c.reply(); len(got) > n || rest != "" {
			t.Fatalf("%d bytes: got %q and %q", n, got, rest)
		}
	}
}

func TestStallAndTarpit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"stall=dot:60ms", "stall=at:data:5:60ms", "stall=at:out:9:60ms", "stall=at:in:9:60ms", "stall=mail:30ms;stall=mail:30ms", "tarpit=100us",
		"stall=tls:60ms", "stall=ehlo:60ms",
	} {
		s := start(t, scenario(t, text))
		before := time.Now()
		if where, got := play(t, s); where != "" {
			t.Errorf("%s: got %q at %s", text, got, where)
		}
		if took := time.Since(before); took < 50*time.Millisecond {
			t.Errorf("%s: took %v", text, took)
		}
	}
}

// A mail is kept before a stall at the dot: a client that gives up does not know.
func TestStallAtDotKeeps(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "stall=dot:1h"))
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	c.ask("RCPT TO:<ada@example.org>", "250 ")
	c.ask("DATA", "354 ")
	c.write(mail(1) + ".\r\n")
	if _, err := s.WaitFor(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // the stall ends with it
		t.Error(err)
	}
	c.want("the dot", "")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
