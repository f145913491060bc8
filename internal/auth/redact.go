package auth

import (
	"net/url"
	"regexp"
	"strings"
)

// Redacted stands where a secret was.
const Redacted = "REDACTED"

// secretText finds what must not be written: a JWT (its first part is the base64url of an object's beginning), an API
// key as NewKey makes them, and a parameter that carries a credential inside another one's value.
var secretText = regexp.MustCompile(`e[yw][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.|bf_[A-Za-z0-9_-]{20,}|(?i:token|ticket|jwt|api_?key|password|secret)=`)

// secretName says which parameters carry credentials: ours, and what clients send us by mistake.
func secretName(name string) bool {
	switch strings.ToLower(name) {
	case "token", "ticket", "access_token", "refresh_token", "id_token", "jwt", "api_key", "apikey", "key", "password", "secret":
		return true
	}
	return false
}

// RedactURL returns the address as it may stand in a log: the values of token= and ticket=, and whatever looks like a
// JWT or an API key anywhere in it, replaced by REDACTED; a user's name, password and the fragment are left out.
func RedactURL(u *url.URL) string {
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
	}
	// An escaped slash may part a secret from the name before it, so segments are judged unescaped and one by one.
	if suspicious(path) {
		segments := strings.Split(path, "/")
		for i, s := range segments {
			if suspicious(s) {
				segments[i] = Redacted
			}
		}
		path = strings.Join(segments, "/")
	}
	if u.Host != "" {
		path = u.Scheme + "://" + u.Host + path
	}
	if u.RawQuery == "" {
		return path
	}
	return path + "?" + redactQuery(u.RawQuery)
}

func redactQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		switch {
		case suspicious(name):
			pairs[i] = Redacted
		case value != "" && (err != nil || secretName(strings.TrimSpace(plain)) || suspicious(value)):
			pairs[i] = name + "=" + Redacted
		}
	}
	return strings.Join(pairs, "&")
}

// maxEscapes is how often a text is unescaped: an address within an address within an address.
const maxEscapes = 3

func suspicious(s string) bool {
	for range maxEscapes {
		if matches(s) {
			return true
		}
		if !strings.Contains(s, "%") {
			return false
		}
		plain, err := url.QueryUnescape(s)
		if err != nil {
			// What cannot be read cannot be judged.
			return true
		}
		s = plain
	}
	// Escaped more often than an honest client does: it may hide anything.
	return matches(s) || strings.Contains(s, "%")
}

// matches asks the expression only about what has something that it could find: every request's path comes here.
func matches(s string) bool {
	return (strings.Count(s, ".") >= 2 || strings.Contains(s, "bf_") || strings.Contains(s, "=")) && secretText.MatchString(s)
}
