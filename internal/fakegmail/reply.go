package fakegmail

import (
	"fmt"
	"strconv"
	"strings"
)

// A Stage is a place in the dialogue where the server may misbehave. It is reached when the server is about to answer a
// command that it would carry out, or a login, good or bad; a command out of order reaches none.
type Stage string

// The stages.
const (
	AtGreeting Stage = "greeting"
	AtSTARTTLS Stage = "starttls" // the answer to the command
	AtTLS      Stage = "tls"      // the handshake
	AtEHLO     Stage = "ehlo"
	AtAuth     Stage = "auth"
	AtMail     Stage = "mail"
	AtRcpt     Stage = "rcpt"
	AtData     Stage = "data" // the answer to DATA, or the first BDAT of a mail before it counts
	AtDot      Stage = "dot"  // the answer to a whole mail: to the final dot, or to BDAT LAST
	AtRset     Stage = "rset"
	AtNoop     Stage = "noop"
	AtQuit     Stage = "quit"
)

// Stages lists the stages in the order of a dialogue.
func Stages() []Stage {
	return []Stage{AtGreeting, AtSTARTTLS, AtTLS, AtEHLO, AtAuth, AtMail, AtRcpt, AtData, AtDot, AtRset, AtNoop, AtQuit}
}

// An Answer is a reply of the server.
type Answer struct {
	Code     int    `json:"code"`
	Enhanced string `json:"enhanced_code,omitempty"` // like 5.4.5
	Text     string `json:"text"`                    // lines are separated by line feeds
}

// parseAnswer reads `550-5.4.5 text`, `550 5.4.5 text` or `550 text`; `\n` in it breaks the line.
func parseAnswer(s string) (Answer, error) {
	s = strings.TrimSpace(s)
	var a Answer
	digits, rest := s, ""
	if i := strings.IndexAny(s, " -"); i >= 0 {
		digits, rest = s[:i], s[i+1:]
	}
	code, err := strconv.Atoi(digits)
	if err != nil || code < 200 || code > 599 {
		return a, fmt.Errorf("%.60q is no reply: it begins with a code, like 550-5.4.5 Daily user sending limit exceeded", s)
	}
	a.Code = code
	if word, more, _ := strings.Cut(rest, " "); isEnhanced(word) {
		a.Enhanced, rest = word, more
	}
	a.Text = strings.ReplaceAll(rest, `\n`, "\n")
	return a, nil
}

func isEnhanced(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[0]) != 1 {
		return false
	}
	for _, p := range parts {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 999 {
			return false
		}
	}
	return true
}

// good reports whether the command is carried out.
func (a Answer) good() bool { return a.Code < 400 }

// lines returns the reply as it goes over the wire, in Gmail's way: the enhanced code stands on every line.
func (a Answer) lines() []string {
	var out []string
	texts := strings.Split(a.Text, "\n")
	for i, text := range texts {
		sign := "-"
		if i == len(texts)-1 {
			sign = " "
		}
		if a.Enhanced != "" {
			text = strings.TrimRight(a.Enhanced+" "+text, " ")
		}
		out = append(out, strconv.Itoa(a.Code)+sign+text)
	}
	return out
}

// String returns the reply as a scenario writes it.
func (a Answer) String() string {
	s := strconv.Itoa(a.Code)
	if a.Enhanced != "" {
		s += "-" + a.Enhanced
	}
	return s + " " + strings.ReplaceAll(a.Text, "\n", `\n`)
}
