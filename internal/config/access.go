package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"unicode"

	"github.com/belfryhq/belfry"
)

// A Secret is a value that is never printed: every way of formatting it writes the same mask.
type Secret string

const mask = "(secret)"

// String returns a mask.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString returns a mask.
func (s Secret) GoString() string { return s.String() }

// LogValue returns a mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns a mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

// A SigningSecret is a secret that signs tokens.
type SigningSecret struct{ Secret }

// shortestSecret is what package auth asks for too; here the complaint can name the setting.
const shortestSecret = 8

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *SigningSecret) UnmarshalText(b []byte) error {
	switch {
	case len(b) < shortestSecret:
		return fmt.Errorf("it has %d bytes, and could be guessed; give at least %d, as openssl rand -base64 48 makes them", len(b), shortestSecret)
	case strings.Contains(string(b), "-----BEGIN "):
		return errors.New("it is a PEM; give a public key as BELFRY_JWT_PUBLIC_KEY")
	}
	s.Secret = Secret(b)
	return nil
}

// A NamedKey is an API key and what it is called in logs.
type NamedKey struct {
	Name   string
	Key    Secret
	Scopes belfry.Scopes // what it may do; 0: everything
}

// Keys are API keys, written NAME:KEY, or NAME:KEY SCOPE+SCOPE, and separated by commas. One alone may do without a name.
// A space parts the scopes from the key because no key has one, while it may have colons.
type Keys []NamedKey

// shortestKey is what package auth asks for too; here the complaint can name the setting.
const shortestKey = 8

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *Keys) UnmarshalText(b []byte) error {
	var keys Keys
	names := map[string]bool{}
	for i, item := range splitList(string(b)) {
		name, key, ok := strings.Cut(item, ":")
		if !ok {
			name, key = "default", item
		}
		name = strings.TrimSpace(name)
		key, words, scoped := strings.Cut(strings.TrimSpace(key), " ")
		var scopes belfry.Scopes
		if scoped {
			var err error
			if scopes, err = belfry.ParseScopes(strings.TrimSpace(words)); err != nil {
				return errNoScopes(name)
			}
		}
		switch {
		case name == "" || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
			return fmt.Errorf("key %d has no name of 1 to 64 printable characters; write NAME:KEY", i+1)
		case names[name]:
			return fmt.Errorf("two keys are named %q; give each its own name", name)
		case len(key) < shortestKey:
			return fmt.Errorf("the key named %q is shorter than %d characters; belfry key add makes a good one", name, shortestKey)
		case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
			return fmt.Errorf("the key named %q has characters that cannot stand in a header; use letters, digits, - and _", name)
		}
		names[name] = true
		keys = append(keys, NamedKey{name, Secret(key), scopes})
	}
	if keys == nil {
		return errors.New("it holds no key; write NAME:KEY")
	}
	*k = keys
	return nil
}

// errNoScopes does not quote what it could not read: that may be a part of the key.
func errNoScopes(name string) error {
	return fmt.Errorf("what follows the space after the key named %q is no list of scopes; write scopes like send+users (send, users, deliveries, admin), or no space", name)
}

// A PublicKey is a key in PEM, given as such or as the path of a file that holds it.
type PublicKey string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *PublicKey) UnmarshalText(b []byte) error {
	s := strings.TrimSpace(string(b))
	if !strings.HasPrefix(s, "-----BEGIN") {
		text, err := readSmall(s)
		if err != nil {
			return fmt.Errorf("it is neither PEM (-----BEGIN PUBLIC KEY-----…) nor a file that can be read: %w", withoutPath(err))
		}
		s = strings.TrimSpace(text)
	}
	// A PEM on one line, as hosts' forms for environment variables make it, has its line breaks written as \n.
	s = strings.ReplaceAll(s, `\n`, "\n")
	switch {
	case strings.Contains(s, "PRIVATE KEY-----"):
		return errors.New("it is a private key; give the public one, which alone is needed to check tokens")
	case !readablePEM(s):
		return errors.New("it is not a public key in PEM; it must be like what openssl pkey -pubout writes, from -----BEGIN PUBLIC KEY----- to the END line")
	}
	*p = PublicKey(s)
	return nil
}

// readablePEM reports whether s holds a public key. Package auth reads it again and knows which it can use, but could not
// name the setting.
func readablePEM(s string) bool {
	block, _ := pem.Decode([]byte(s))
	if block == nil {
		return false
	}
	_, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		_, err = x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return err == nil
}

// Origins are origins of web pages, separated by commas.
type Origins []string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *Origins) UnmarshalText(b []byte) error {
	var origins Origins
	for _, item := range splitList(string(b)) {
		if item == "*" {
			return errors.New("* would let every website act as its visitor; name each origin, like https://app.example.com")
		}
		u, err := url.Parse(strings.TrimSuffix(item, "/"))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%.100q is not an origin; give scheme and host alone, like https://app.example.com", item)
		}
		origins = append(origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	if origins == nil {
		return errors.New("it holds no origin; write some like https://app.example.com")
	}
	*o = origins
	return nil
}

// Names are names separated by commas.
type Names []string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Names) UnmarshalText(b []byte) error {
	names := splitList(string(b))
	for _, name := range names {
		// RFC 6265 4.1.1: the name of a cookie is a token.
		if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }) {
			return fmt.Errorf("%.100q is not the name of a cookie; use letters, digits, - and _", name)
		}
	}
	if names == nil {
		return errors.New("it holds no name; write some like belfry_token")
	}
	*n = names
	return nil
}

// splitList splits at commas and drops what is empty.
func splitList(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// largestFile bounds the files that settings name: none holds more than a few keys.
const largestFile = 64 << 10

func readSmall(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", errors.New("it is a directory")
	}
	if info.Size() > largestFile {
		return "", fmt.Errorf("it is larger than %d bytes", largestFile)
	}
	b, err := os.ReadFile(path)
	return string(b), err
}

// withoutPath drops the path from an error of package os: when a secret was given where a path belongs, it would show.
func withoutPath(err error) error {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
