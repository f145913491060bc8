package auth

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"time"
)

// What Django signs with: a salt for each purpose, the same in all versions since 3.1.
const (
	saltRow      = "django.contrib.sessions.SessionStore"                              // sessions in the database
	saltCookie   = "django.contrib.sessions.backends.signed_cookies"                   // sessions that are their cookie
	saltPassword = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash" //nolint:gosec // G101: a published constant of Django's source, no secret
)

const (
	maxSigned   = 256 << 10 // of what a row may hold
	maxInflated = 1 << 20   // of what may come out of it: a few kilobytes can be made to inflate to gigabytes
)

// djangoKeys are Django's SECRET_KEY and its fallbacks.
type djangoKeys []string

func (djangoKeys) mac(salt, purpose, key, text string) []byte {
	derived := sha256.Sum256([]byte(salt + purpose + key))
	h := hmac.New(sha256.New, derived[:])
	h.Write([]byte(text))
	return h.Sum(nil)
}

// unsign returns what was signed, `[.]b64(JSON):base62(seconds):b64(HMAC)`, still compressed or not, and when it was.
func (d djangoKeys) unsign(salt, signed string) (data string, at time.Time, err error) {
	if len(signed) > maxSigned {
		return "", time.Time{}, errLong
	}
	cut := strings.LastIndexByte(signed, ':')
	if cut < 0 {
		return "", time.Time{}, errNotSigned
	}
	text, signature := signed[:cut], signed[cut+1:]
	good := 0
	for _, key := range d {
		// As text: a decoder would take several texts for one signature.
		want := base64.RawURLEncoding.EncodeToString(d.mac(salt, "signer", key, text))
		good |= subtle.ConstantTimeCompare([]byte(want), []byte(signature))
	}
	if good != 1 {
		return "", time.Time{}, reason("its signature is not by Django's key")
	}
	if cut = strings.LastIndexByte(text, ':'); cut < 0 {
		return "", time.Time{}, errNotSigned
	}
	seconds, ok := base62(text[cut+1:])
	if !ok {
		return "", time.Time{}, errNotSigned
	}
	return text[:cut], time.Unix(seconds, 0).UTC(), nil
}

const errNotSigned = reason("it is not signed as Django signs")

// base62 reads a number in digits, capitals and small letters, in that order.
func base62(s string) (n int64, ok bool) {
	if s == "" || len(s) > 8 { // 62^8 seconds are seven million years
		return 0, false
	}
	for i := range len(s) {
		d := strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", s[i])
		if d < 0 {
			return 0, false
		}
		n = n*62 + int64(d)
	}
	return n, true
}

// plain decodes what was signed. It is called with nothing but what the signature holds for.
func (djangoKeys) plain(data string) ([]byte, error) {
	packed, compressed := strings.CutPrefix(data, ".")
	b, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return nil, errNotSigned
	}
	if !compressed {
		return b, nil
	}
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, reason("it cannot be inflated")
	}
	b, err = io.ReadAll(io.LimitReader(z, maxInflated+1))
	switch {
	case err != nil:
		return nil, reason("it cannot be inflated")
	case len(b) > maxInflated:
		return nil, reason("it inflates to more than a session holds")
	}
	return b, nil
}

// proves reports whether a session was opened with the password as it is stored now.
func (d djangoKeys) proves(hash, password string) bool {
	good := 0
	for _, key := range d {
		want := hex.EncodeToString(d.mac(saltPassword, "", key, password))
		good |= subtle.ConstantTimeCompare([]byte(want), []byte(hash))
	}
	return good == 1
}
