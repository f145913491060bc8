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
}
