package server

import (
	"crypto/rand"
	"encoding/base64"
)

// NewKey returns the secret of a new API key: `bf_` and 32 random bytes in base64url.
func NewKey() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return "bf_" + base64.RawURLEncoding.EncodeToString(b[:])
}
