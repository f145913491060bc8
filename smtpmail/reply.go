package smtpmail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Stage is a step of the dialogue: each has its deadline, and a reply means something else at each.
type Stage string

// The stages, in their order.
const (
	StageDNS      Stage = "dns" // of Probe alone; Carry counts it to dial
	StageDial     Stage = "dial"
	StageTLS      Stage = "tls"
	StageGreeting Stage = "greeting"
	StageEHLO     Stage = "ehlo"
	StageSTARTTLS Stage = "starttls"
	StageToken    Stage = "token" // fetching an access token
	StageAuth     Stage = "auth"
	StageMail     Stage = "mail"
	StageRcpt     Stage = "rcpt"
	StageData     Stage = "data" // DATA, and the message up to its last bytes
	StageDot      Stage = "dot"  // the answer to the whole message, by DATA or by BDAT
	StageQuit     Stage = "quit"
)

// A reply is what a server said, as it said it: not for showing, see redactor.
type reply struct {
	code     int
	enhanced string   // 5.7.8; may be empty
	lines    []string // without code and enhanced code
}

// text returns the lines as one.
func (r *reply) text() string { return strings.Join(r.lines, "\n") }

const (
	maxReplyLines = 64
	maxReplyLine  = 4096 // RFC 5321 allows 512; some say more
	maxReplyText  = 1024 // of a reply that is kept
)

// parseReplyLine takes a line apart: code, whether more lines follow, and the text.
func parseReplyLine(line string) (code int, more bool, text string, err error) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false, "", protocolError("a line is no reply")
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, false, "", protocolError("a line is no reply")
		}
		code = code*10 + int(line[i]-'0')
	}
	if code < 200 || code > 599 {
		return 0, false, "", protocolError(fmt.Sprintf("the reply code %d means nothing", code))
	}
	if len(line) > 3 {
		more, text = line[3] == '-', line[4:]
	}
	return code, more, text, nil
}

// cutEnhanced takes an enhanced status code (RFC 2034) off the front of a line.
func cutEnhanced(code int, text string) (enhanced, rest string) {
	word, rest, _ := strings.Cut(text, " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || int(parts[0][0]-'0') != code/100 {
		return "", text
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return "", text
		}
	}
	return word, rest
}

// clean makes what a stranger sent safe to show and to store: valid UTF-8, no control characters, not long.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return ' '
		}
		return r
	}, s)
	if len(s) <= maxReplyText {
		return s
	}
	cut := maxReplyText
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
