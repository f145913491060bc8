package letter

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxAddress is 64 + @ + 255 (RFC 5321 4.5.3.1).
const maxAddress = 320

// parseAddress reads an address with or without a name. Its domain is made ASCII, which every server takes.
func parseAddress(s string) (*mail.Address, error) {
	if err := oneLine(s); err != nil {
		return nil, err
	}
	a, err := mail.ParseAddress(s)
	if err != nil || len(a.Address) > maxAddress {
		return nil, fmt.Errorf("%.100q is not an email address of at most %d characters", s, maxAddress)
	}
	at := strings.LastIndexByte(a.Address, '@')
	domain, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err == nil {
		a.Address = a.Address[:at+1] + domain
	}
	// An address literal is not a name, and an underscore is in names that exist all the same: those stay as they are.
	a.Name = displayName(a.Name)
	return a, oneLine(a.Name)
}

// displayName returns a name that package net/mail encodes well. Beside letters that are not ASCII it leaves a backslash as
// it is, where RFC 2047 5.3 forbids one, and readers then see no address at all; a wide one looks the same.
func displayName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return strings.ReplaceAll(name, `\`, "\uFF3C")
	}
	return name
}

// oneLine refuses what would be another header.
func oneLine(s string) error {
	if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return fmt.Errorf("%.100q has line breaks or other control characters, which no header may have", s)
	}
	return nil
}

// maxWord is how long a word of a header may be before it is encoded: a line must not be longer than 998 bytes, and
// should not than 78.
const maxWord = 60

// headerText writes a text as a header holds it. It encodes more than package mime does: words that no line has room
// for, and what only looks encoded, which a mail reader would decode to something else.
func headerText(s string) string {
	plain := !strings.Contains(s, "=?")
	for word := range strings.SplitSeq(s, " ") {
		plain = plain && len(word) <= maxWord
	}
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] <= '~'
	}
	if plain && strings.TrimSpace(s) == s && !strings.Contains(s, "  ") {
		return s
	}
	var words []string
	for len(s) > 0 {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > 45 { // 45 bytes are 60 in base64, and 72 with what is around them: RFC 2047 allows 75
				break
			}
			n += size
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}
