package smtpmail

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/belfryhq/belfry"
)

// A letter is a belfry.Letter that was looked through.
type letter struct {
	belfry.Letter
	from, to string // as the envelope says them: domains in ASCII
	domain   string // of from, lower case
	utf8     bool   // an address or a header needs SMTPUTF8
	eight    bool   // bytes above 127
}

const maxAddress = 320 // 64 + @ + 255, RFC 5321, 4.5.3.1

// checkLetter looks a letter through; problem says what makes it impossible to carry, whatever the server.
func checkLetter(l belfry.Letter) (out letter, problem string) {
	out.Letter = l
	var err error
	if out.from, err = envelopeAddress(l.From); err != nil {
		return out, fmt.Sprintf("The sender's address cannot be used: %v.", err)
	}
	if out.to, err = envelopeAddress(l.To); err != nil {
		return out, fmt.Sprintf("The person's address cannot be used: %v.", err)
	}
	out.domain = domainOf(out.from)
	if problem := checkLines(l.Message); problem != "" {
		return out, problem
	}
	header, _, _ := bytes.Cut(l.Message, []byte("\r\n\r\n"))
	out.eight = !ascii(l.Message)
	out.utf8 = !ascii(header) || !ascii([]byte(out.from)) || !ascii([]byte(out.to))
	return out, ""
}

// envelopeAddress returns a bare address with its domain in ASCII. Whoever wrote it checked it; what could end a command or
// a path is refused here once more, because here is where it would do harm.
func envelopeAddress(s string) (string, error) {
	at := strings.LastIndexByte(s, '@')
	switch {
	case at <= 0 || at == len(s)-1:
		return "", fmt.Errorf("%.100q is no address", s)
	case len(s) > maxAddress:
		return "", fmt.Errorf("it is longer than %d bytes", maxAddress)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "", fmt.Errorf("%.100q has control characters", s)
	case s[0] != '"' && strings.ContainsAny(s[:at], " <>\"\\,;:()[]@"), strings.ContainsAny(s[at:], " <>\"\\,;()"):
		return "", fmt.Errorf("%.100q is no bare address", s)
	case s[0] == '"' && !quotedLocal(s[:at]):
		return "", fmt.Errorf("%.100q is no bare address", s)
	}
	domain := s[at+1:]
	if !ascii([]byte(domain)) {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", fmt.Errorf("the domain %.100q cannot be: %w", s[at+1:], err)
		}
	}
	return s[:at+1] + domain, nil
}

// quotedLocal reports whether s is one quoted string, its inner quotes escaped.
func quotedLocal(s string) bool {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return false
	}
	escaped := false
	for _, ch := range []byte(s[1 : len(s)-1]) {
		switch {
		case escaped:
			escaped = false
		case ch == '\\':
			escaped = true
		case ch == '"':
			return false
		}
	}
	return !escaped
}

// checkLines holds a message to lines that end in CRLF, the last one too. Anything else would reach servers that disagree
// on where a message ends.
func checkLines(m []byte) string {
	if !bytes.HasSuffix(m, []byte("\r\n")) {
		return "The mail does not end with a line break (a bug of Belfry's)."
	}
	for len(m) > 0 {
		end := bytes.IndexByte(m, '\n')
		line := m[:end]
		m = m[end+1:]
		switch {
		case end == 0 || line[end-1] != '\r':
			return "The mail has a bare line feed (a bug of Belfry's)."
		case bytes.IndexByte(line[:end-1], '\r') >= 0:
			return "The mail has a bare carriage return (a bug of Belfry's)."
		case bytes.IndexByte(line, 0) >= 0:
			return "The mail has a zero byte (a bug of Belfry's)."
		case end-1 > 998: // RFC 5322, 2.1.1
			return "The mail has a line of more than 998 bytes (a bug of Belfry's)."
		}
	}
	return ""
}

func ascii(b []byte) bool {
	for _, ch := range b {
		if ch > 127 {
			return false
		}
	}
	return true
}

// dotStuffed returns the message as DATA carries it, without the final dot. The message itself when no line begins with one.
func dotStuffed(m []byte) []byte {
	if m[0] != '.' && !bytes.Contains(m, []byte("\n.")) {
		return m
	}
	out := make([]byte, 0, len(m)+64)
	if m[0] == '.' {
		out = append(out, '.')
	}
	return append(out, bytes.ReplaceAll(m, []byte("\n."), []byte("\n.."))...)
}
