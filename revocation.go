package belfry

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// RevocationAge is how long a [Revocation] of one token is remembered that does not say when the token ends by itself.
const RevocationAge = 366 * 24 * time.Hour

// A Revocation takes back what lets a person in, before it ends by itself.
type Revocation struct {
	User    string
	TokenID string    // the jti of one token; empty: all tokens issued until At, and every ticket
	At      time.Time // in whole milliseconds
	// ExpiresAt is when it may be forgotten, because what it takes back has ended by itself; zero: never.
	ExpiresAt time.Time
}

// Validate checks the fields and brings ExpiresAt into whole milliseconds; the error is an [Error] that names each at fault.
func (r *Revocation) Validate() error {
	var c checker
	c.userID("user_id", r.User)
	c.line("jti", r.TokenID, maxTokenID)
	c.year("expires_at", r.ExpiresAt)
	if r.TokenID == "" && !r.ExpiresAt.IsZero() {
		c.add("expires_at", "goes with jti alone: it is when that token ends by itself")
	}
	if !r.ExpiresAt.IsZero() {
		r.ExpiresAt = r.ExpiresAt.UTC().Truncate(time.Millisecond)
	}
	return c.err()
}

// maxTokenID is the longest jti, in characters; issuers use UUIDs and the like.
const maxTokenID = 255

// Hash names what is taken back. Only hashes are kept, so that a revocation may outlive the person's erasure: a token of
// theirs must not let anybody in again.
func (r Revocation) Hash() SecretHash { return RevocationHash(r.User, r.TokenID) }

// RevocationHash is [Revocation.Hash] of a person, and of one token of theirs when its id is not empty.
func RevocationHash(user, tokenID string) SecretHash {
	// The first part's length stands before it, so that no two pairs are written alike.
	b := binary.AppendUvarint(make([]byte, 0, 64), uint64(len(user)))
	return sha256.Sum256(append(append(b, user...), tokenID...))
}

// A Revoked is what a store remembers of a [Revocation].
type Revoked struct {
	Hash      SecretHash
	At        time.Time
	ExpiresAt time.Time // zero: never
}

// Over reports whether it may be forgotten.
func (r Revoked) Over(now time.Time) bool { return !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(now) }
