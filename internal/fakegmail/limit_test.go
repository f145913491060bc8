package fakegmail_test

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

func TestHundredMailsAConnection(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := login(t, s)
	for n := range 100 {
		c.send(n, "250 ")
	}
	c.ask("MAIL FROM:<me@example.org>", "421 4.7.0 Connection expired")
	c.want("after it", "")
	login(t, s).send(100, "250 ")
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	for n := range 100 {
		c.ask(fmt.Sprintf("RCPT TO:<%d@example.org>", n), "250 ")
	}
	c.ask("RCPT TO:<ada@example.org>", "452-4.5.3 ")
	few := login(t, start(t, scenario(t, "recipients=1")))
	few.ask("MAIL FROM:<me@example.org>", "250 ")
	few.ask("RCPT TO:<ada@example.org>", "250 ")
	few.ask("RCPT TO:<bob@example.org>", "452-4.5.3 ")
}

func TestSize(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "size=1000"))
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org> SIZE=1001", "552-5.3.4 ")
	for _, n := range []int{1000, 1001} {
		want := "250 "
		if n > 1000 {
			want = "552-5.2.3 "
		}
		text := "A: " + strings.Repeat("x", n-5) + "\r\n"
		c.ask("MAIL FROM:<me@example.org> SIZE=1000", "250 ")
		c.ask("RCPT TO:<ada@example.org>", "250 ")
		c.ask(fmt.Sprintf("BDAT %d LAST\r\n%s", n, strings.TrimSuffix(text, "\r\n")), want)
	}
	if got := len(s.Messages()); got != 1 {
		t.Errorf("got %d mails", got)
	}
}

// A quota is for each user, counts what was accepted, and frees its places one by one as the window rolls.
func TestQuotaRolls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, begin string }{{"quota=2/24h", "MAIL"}, {"quota=2/24h@data", "DATA"}} {
		var hours atomic.Int64
		opts := scenario(t, c.scenario+";nth=1:no-such-user")
		began := time.Now()
		opts.Now = func() time.Time { return began.Add(time.Duration(hours.Load()) * time.Hour) }
		s := start(t, opts)
		client := login(t, s)
		client.ask("MAIL FROM:<me@example.org>", "250 ")
		client.ask("RCPT TO:<ada@example.org>", "550-5.1.1 ") // no mail, so it is not counted
		client.ask("RSET", "250 ")
		client.send(1, "250 ")
		hours.Store(10)
		client.send(2, "250 ")
		refused := func() {
			t.Helper()
			want := "550-5.4.5 Daily user sending limit exceeded."
			if c.begin == "MAIL" {
				client.ask("MAIL FROM:<me@example.org>", want)
				return
			}
			client.ask("MAIL FROM:<me@example.org>", "250 ")
			client.ask("RCPT TO:<ada@example.org>", "250 ")
			client.ask("DATA", want)
		}
		refused()
		other := dial(t, s)
		other.private(s)
		other.ask("AUTH PLAIN AHlvdQBhYmNk", "235 ") // you
		other.send(3, "250 ")
		hours.Store(23)
		refused()
		hours.Store(24)
		client.send(4, "250 ")
		refused()
	}
}

func TestRateAndLogins(t *testing.T) {
	t.Parallel()
	var seconds atomic.Int64
	opts := scenario(t, "rate=2/1s;logins=2/1m")
	began := time.Now()
	opts.Now = func() time.Time { return began.Add(time.Duration(seconds.Load()) * time.Second) }
	s := start(t, opts)
	c := login(t, s)
	c.send(1, "250 ")
	c.send(2, "250 ")
	c.ask("MAIL FROM:<me@example.org>", "421-4.7.28 ")
	seconds.Store(1)
	c = login(t, s)
	c.send(3, "250 ")
	third := dial(t, s)
	third.private(s)
	third.ask(plainWord, "454 4.7.0 Too many login attempts")
	seconds.Store(60)
	third.ask(plainWord, "235 ")
}

func TestChanceIsRepeatable(t *testing.T) {
	t.Parallel()
	outcome := func(text string) string {
		s := start(t, scenario(t, text))
		var all []string
		for range 60 {
			at, got := play(t, s)
			all = append(all, fmt.Sprintf("%s %.3s", at, got))
		}
		return strings.Join(all, ", ")
	}
	first := outcome("random=7/8%")
	if again := outcome("random=7/8%"); again != first {
		t.Errorf("the same seed gave\n%s\n%s", first, again)
	}
	if other := outcome("random=8/8%"); other == first {
		t.Error("another seed gave the same")
	}
}

// At the dot there are four accidents: the answer is lost though the mail was kept, or with it, or a refusal comes.
func TestChanceAtTheDot(t *testing.T) {
	t.Parallel()
	opts := scenario(t, "random=1/30%")
	opts.TLS = fakegmail.NoTLS
	s := start(t, opts)
	seen := map[string]bool{}
	const ends = "421 kept=0, 451 kept=0, lost kept=0, lost kept=1"
	for range 2000 {
		before := len(s.Messages())
		if got, ok := toTheDot(t, s); ok && !strings.HasPrefix(got, "250") {
			seen[fmt.Sprintf("%s kept=%d", got, len(s.Messages())-before)] = true
		}
		if len(seen) == 4 {
			break
		}
	}
	if got := strings.Join(slices.Sorted(maps.Keys(seen)), ", "); got != ends {
		t.Errorf("got %s, want %s", got, ends)
	}
}

// toTheDot sends a mail; ok says that all went well up to the dot, and got is the code of its answer.
func toTheDot(t *testing.T, s *fakegmail.Server) (got string, ok bool) {
	t.Helper()
	c := dial(t, s)
	if !strings.HasPrefix(c.reply(), "220") {
		return "", false
	}
	for _, line := range []string{"EHLO x", plainWord, "MAIL FROM:<me@example.org>", "RCPT TO:<ada@example.org>", "DATA", mail(1) + "."} {
		if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
			return "", false
		}
		got = c.reply()
		if code := got[:min(3, len(got))]; !strings.Contains("250 235 354", code) || code == "" {
			if code == "" {
				code = "lost"
			}
			return code, strings.HasSuffix(line, ".")
		}
	}
	return got, true
}
