package server

import "github.com/belfryhq/belfry/internal/auth"

// NewKey returns the secret of a new API key: `bf_` and 32 random bytes in base64url. What is stored of it is its
// [belfry.HashSecret].
func NewKey() (secret string, err error) { return auth.NewKey() }
