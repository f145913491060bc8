package fakegmail_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// play speaks a whole dialogue and returns the stage at which the wanted answer did not come, with what came instead.
func play(t *testing.T, s *fakegmail.Server) (at fakegmail.Stage, got string) {
	t.Helper()
	at = fakegmail.AtGreeting
	c, err := tryDial(t, s)
	if err != nil {
		return at, "" // a reset may be that quick
	}
	if got = c.reply(); !strings.HasPrefix(got, "220 ") {
		return at, got
	}
	for _, step := range []struct {
		at         fakegmail.Stage
		line, want string
	}{
		{fakegmail.AtEHLO, "EHLO client.example", "250-"},
		{fakegmail.AtSTARTTLS, "STARTTLS", "220 "},
		{at: fakegmail.AtTLS},
		{"", "EHLO client.example", "250-"},
		{fakegmail.AtAuth, plainWord, "235 "},
		{fakegmail.AtNoop, "NOOP", "250 "},
		{fakegmail.AtRset, "RSET", "250 "},
		{fakegmail.AtMail, "MAIL FROM:<me@example.org>", "250 "},
		{fakegmail.AtRcpt, "RCPT TO:<ada@example.org>", "250 "},
		{fakegmail.AtData, "DATA", "354 "},
		{fakegmail.AtDot, mail(1) + ".", "250 "},
		{fakegmail.AtQuit, "QUIT", "221 "},
	} {
		if step.at == fakegmail.AtTLS {
			if !c.tryEncrypt(s) {
				return step.at, ""
			}
			continue
		}
		c.write(step.line + "\r\n")
		if got = c.reply(); !strings.HasPrefix(got, step.want) {
			return step.at, got
		}
	}
	return "", ""
}

func TestEveryStageCanAnswerOtherwise(t *testing.T) {
	t.Parallel()
	for _, at := range fakegmail.Stages() {
		if at == fakegmail.AtTLS {
			continue // nothing is said there
		}
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			s := start(t, scenario(t, `reply=`+string(at)+`:450-4.7.1 Not so\n fast`))
			where, got := play(t, s)
			if where != at || got != "450-4.7.1 Not so\r\n450 4.7.1  fast\r\n" {
				t.Errorf("got %q at %q", got, where)
			}
			if n := len(s.Messages()); n != 0 && at != fakegmail.AtQuit {
				t.Errorf("%d mails were kept", n)
			}
		})
	}
}

func TestEveryStageCanEnd(t *testing.T) {
	t.Parallel()
	for _, at := range fakegmail.Stages() {
		for _, how := range []string{"drop", "reset"} {
			t.Run(how+" "+string(at), func(t *testing.T) {
				t.Parallel()
				s := start(t, scenario(t, how+"="+string(at)))
				where, got := play(t, s)
				if where != at || got != "" {
					t.Errorf("got %q at %q", got, where)
				}
				if n := len(s.Messages()); n != 0 && at != fakegmail.AtQuit {
					t.Errorf("%d mails were kept", n)
				}
			})
		}
	}
}

func TestAnswerOfAKeptMailIsLost(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"drop=after-dot", "reset=after-dot"} {
		s := start(t, scenario(t, how))
		if where, got := play(t, s); where != fakegmail.AtDot || got != "" || len(s.Messages()) != 1 {
			t.Errorf("%s: got %q at %q, %d mails", how, got, where, len(s.Messages()))
		}
	}
}

func TestAnswerThenEnd(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "hangup=dot"))
	c := login(t, s)
	c.send(1, "250 ")
	c.want("after it", "")
	if n := len(s.Messages()); n != 1 {
		t.Errorf("got %d mails", n)
	}
}

func TestEveryRowIsAnswered(t *testing.T) {
	t.Parallel()
	for _, row := range fakegmail.Rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			s := start(t, scenario(t, row.Name))
			where, got := play(t, s)
			code := fmt.Sprintf("%d", row.Answer.Code)
			if where != row.Stage || !strings.HasPrefix(got, code) || !strings.Contains(got, row.Answer.Enhanced) {
				t.Errorf("got %q at %q, want %+v", got, where, row)
			}
			for _, line := range strings.SplitAfter(strings.TrimSuffix(got, "\r\n"), "\r\n") {
				if !strings.HasPrefix(line, code+"-"+row.Answer.Enhanced) && !strings.HasPrefix(line, code+" "+row.Answer.Enhanced) {
					t.Errorf("line %q lacks the codes", line)
				}
			}
			if len(s.Messages()) != 0 {
				t.Error("the mail was kept")
			}
			moved := start(t, scenario(t, row.Name+"@rset"))
			if where, _ := play(t, moved); where != fakegmail.AtRset {
				t.Errorf("%s@rset came at %q", row.Name, where)
			}
		})
	}
}

func TestClosingAnswersClose(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"temporary-problem", "connection-expired", "timeout-closing"} {
		s := start(t, scenario(t, name))
		c := login(t, s)
		c.ask("MAIL FROM:<me@example.org>", "4")
		c.want("after "+name, "")
	}
	s := start(t, scenario(t, "daily-limit"))
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org>", "550-5.4.5 ")
	c.ask("NOOP", "250 ")
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, want string }{
		{"nth=2:reply=dot:451 no", "+-++++"},
		{"first=2:reply=dot:451 no", "--++++"},
		{"after=2:reply=dot:451 no", "++----"},
		{"every=3:reply=dot:451 no", "++-++-"},
		{"after=1:first=4:every=2:reply=dot:451 no", "+-+-++"},
		{"to=Ada@example.org:nth=1:reply=dot:451 no", "-+++++"},
		{"to=bob@example.org:reply=dot:451 no", "++++++"},
		{"from=me@example.org:nth=6:reply=dot:451 no", "+++++-"},
		{"conn=2:reply=dot:451 no", "++++++"},
		{"nth=1:reply=dot:451 no; nth=2:reply=dot:452 no", "--++++"},
	} {
		s := start(t, scenario(t, c.scenario))
		client := login(t, s)
		got := ""
		for n := range 6 {
			client.ask("MAIL FROM:<me@example.org>", "250 ")
			client.ask("RCPT TO:<ada@example.org>", "250 ")
			client.ask("DATA", "354 ")
			client.write(mail(n) + ".\r\n")
			if strings.HasPrefix(client.reply(), "250 ") {
				got += "+"
			} else {
				got += "-"
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.scenario, got, c.want)
		}
	}
}

func TestRecipientIsTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "to=bob@example.org:no-such-user"))
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org>", "250 ")
	c.ask("RCPT TO:<ada@example.org>", "250 ")
	c.ask("RCPT TO:<bob@example.org>", "550-5.1.1 ")
	c.ask("RCPT TO:<eve@example.org>", "250 ")
	c.ask("DATA", "354 ")
	c.ask(mail(1)+".", "250 ")
	if got := fmt.Sprint(s.Messages()[0].To); got != "[ada@example.org eve@example.org]" {
		t.Errorf("got %s", got)
	}
}

func TestSecondConnection(t *testing.T) {
	t.Parallel()
	s := start(t, scenario(t, "conn=2:drop=greeting"))
	first := dial(t, s)
	first.want("greeting", "220 ")
	dial(t, s).want("greeting", "")
	dial(t, s).want("greeting", "220 ")
	if n := s.Connections(); n != 3 {
		t.Errorf("got %d connections", n)
	}
}

func TestSetScenario(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	standing := login(t, s)
	s.SetScenario(fakegmail.MustScenario("drop=greeting"))
	dial(t, s).want("greeting", "")
	standing.send(1, "250 ")
	s.SetScenario(fakegmail.Scenario{})
	login(t, s).send(2, "250 ")
}
