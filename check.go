package belfry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A checker gathers what is wrong with a request, field by field, so that an answer names everything at once.
type checker struct{ fields []FieldError }

// maxFaults bounds the answer to a request that is wrong in a thousand places.
const maxFaults = 20

func (c *checker) add(field, message string) {
	if len(c.fields) < maxFaults {
		c.fields = append(c.fields, FieldError{field, message})
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return Invalid(c.fields...)
}

func (c *checker) required(field, s string) {
	if strings.TrimSpace(s) == "" {
		c.add(field, "is required")
	}
}

func (c *checker) userID(field, id string) {
	switch {
	case id == "":
		c.add(field, "must be a user id of 1 to 255 characters, and is empty")
	case !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }):
		c.add(field, "must be a user id of printable characters")
	case utf8.RuneCountInString(id) > 255:
		c.add(field, "must be a user id of at most 255 characters")
	}
}

func (c *checker) category(field, s string) {
	switch {
	case s == "":
		c.add(field, "is required: dotted lower case like order.assigned")
	case !validCategory(s):
		c.add(field, fmt.Sprintf("%.120q is not a category: dotted lower case letters, digits and _ like order.assigned, at most 100", s))
	}
}

// validCategory reports whether s is [a-z0-9_]+(\.[a-z0-9_]+)* of at most 100 characters.
func validCategory(s string) bool {
	word := false
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= 'a' && ch <= 'z', ch >= '0' && ch <= '9', ch == '_':
			word = true
		case ch == '.' && word:
			word = false
		default:
			return false
		}
	}
	return word && len(s) <= 100
}

// ValidateCategory checks a category that stands alone, as in a query.
func ValidateCategory(s string) error {
	var c checker
	c.category("category", s)
	return c.err()
}

// line checks a string that must stand on one line: no control character, at most maxRunes.
func (c *checker) line(field, s string, maxRunes int) {
	switch {
	case !utf8.ValidString(s):
		c.add(field, "is not valid UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		c.add(field, "has control characters; it must be one line of text")
	case utf8.RuneCountInString(s) > maxRunes:
		c.add(field, fmt.Sprintf("is longer than %d characters", maxRunes))
	}
}

// text checks a string of several lines; its length is bounded by the request's.
func (c *checker) text(field, s string) {
	if !utf8.ValidString(s) {
		c.add(field, "is not valid UTF-8")
	} else if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		c.add(field, "has control characters other than line breaks and tabs")
	}
}

// url checks a link: a path (`/orders/7`), or http(s) with a host. Everything else, `javascript:` first of all, would
// run or leak in the page that shows it.
func (c *checker) url(field, s string) {
	if s == "" {
		return
	}
	const want = "must be a path like /orders/7 or an http(s) address"
	u, err := url.Parse(s)
	path := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.Contains(s, `\`)
	web := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	switch {
	case len(s) > 2048:
		c.add(field, "is longer than 2,048 characters")
	case !path && !web, !utf8.ValidString(s), strings.ContainsFunc(s, unicode.IsControl):
		c.add(field, want)
	}
}

// object checks that raw is a JSON object, and returns it compact; null and nothing are the same.
func (c *checker) object(field string, raw json.RawMessage) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var b bytes.Buffer
	if raw[0] != '{' || !utf8.Valid(raw) || json.Compact(&b, raw) != nil {
		c.add(field, `must be a JSON object, like {"order":1138}`)
		return nil
	}
	return b.Bytes()
}

// address checks one email address, name or not; an empty one is none. 320 is 64 + @ + 255 (RFC 5321 4.5.3.1).
func (c *checker) address(field, s string) {
	if s == "" {
		return
	}
	if _, err := mail.ParseAddress(s); err != nil || len(s) > 320 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		c.add(field, "must be an email address of at most 320 characters")
	}
}

var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*$`)

func (c *checker) timezone(field, s string) {
	if s == "" {
		return
	}
	if _, err := time.LoadLocation(s); err != nil || len(s) > 64 || s == "Local" || !zoneName.MatchString(s) {
		c.add(field, fmt.Sprintf("%.64q is not an IANA time zone like Europe/Vienna", s))
	}
}

// year keeps times within what every store and every client can hold.
func (c *checker) year(field string, t time.Time) {
	if !t.IsZero() && (t.Year() < 1970 || t.Year() > 9999) {
		c.add(field, "must lie between the years 1970 and 9999")
	}
}
