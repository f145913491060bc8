package belfry

import (
	"crypto/sha256"
	"time"
)

// A SecretHash is what a store keeps of a secret: its SHA-256. Keys and tickets are long and random, so a fast hash
// is enough.
type SecretHash [sha256.Size]byte

// HashSecret returns the hash of a secret.
func HashSecret(secret string) SecretHash { return sha256.Sum256([]byte(secret)) }

// A Key lets an app's back end in. Its secret is shown once, when it is made, and never stored.
type Key struct {
	Name       string
	Hash       SecretHash
	Scopes     Scopes // what it may do
	CreatedAt  time.Time
	LastUsedAt time.Time // to some minutes; zero: never. A store sets it by UseKey alone
}

// A Ticket lets a person in once: whoever presents its secret before ExpiresAt is User, and the ticket is gone.
type Ticket struct {
	Hash      SecretHash
	User      string
	ExpiresAt time.Time
	Origin    Origin // the token that it was exchanged for; zero: the app asked for it by its key
}

// An Origin is what a ticket keeps of the token that it was made from: whatever ends the token must end what the ticket opens. None
// of it lets anybody in.
type Origin struct {
	ExpiresAt time.Time  // when the token ends, in whole milliseconds; zero: there is no token
	IssuedAt  time.Time  // in whole milliseconds; zero: the token does not say
	Token     SecretHash // the [RevocationHash] of the token's id; zero: it has none
	Account   bool       // the person's account at Django stands behind the token, and is looked at again
}

// IsZero reports whether there is no token.
func (o Origin) IsZero() bool { return o.ExpiresAt.IsZero() }
