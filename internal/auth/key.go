package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	keyPrefix = "bf_"
	keyBytes  = 32

	// minKey is the shortest API key taken from a configuration; under strongKey there is a warning. The operator's choice
	// is respected, for a key typed in a test must not stop the start, but what anybody would guess is refused.
	minKey    = 8
	strongKey = 16
	maxKey    = 256

	// A stored key that another process removes works for at most keysKept more; one that it adds is seen after
	// keysReread at the latest, because a key that is not known has the store read again. Both bound what strangers
	// with made-up keys cost.
	keysKept   = time.Second
	keysReread = 50 * time.Millisecond
)

// NewKey makes an API key: `bf_` and 32 random bytes in base64url.
func NewKey() (string, error) {
	var b [keyBytes]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make API key: %w", err)
	}
	return keyPrefix + base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// A NamedKey is an API key as a configuration gives it.
type NamedKey struct {
	Name   string        // stands in logs; required
	Secret string        // at least 8 characters, better 16, no spaces, not shaped like a JWT
	Scopes belfry.Scopes // what it may do; 0: everything
}

func (k NamedKey) check() error {
	switch {
	case k.Name == "":
		return fmt.Errorf("a key has no name: write name:key")
	case len(k.Secret) < minKey:
		return fmt.Errorf("key %q has %d characters, and at least %d are needed: make one with `belfry key add`", k.Name, len(k.Secret), minKey)
	case len(k.Secret) > maxKey:
		return fmt.Errorf("key %q has %d characters, and at most %d are possible", k.Name, len(k.Secret), maxKey)
	case strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("key %q has spaces or characters other than ASCII, which a header cannot carry", k.Name)
	case strings.Count(k.Secret, ".") == 2:
		return fmt.Errorf("key %q has two dots and would be taken for a JWT: choose another", k.Name)
	}
	return nil
}

// A keyring knows API keys: those of the configuration, and those of the store as they were a moment ago.
type keyring struct {
	fixed []belfry.Key
	store belfry.Credentials
	now   func() time.Time
	uses  uses

	mu     sync.Mutex // held while the store is read, so that many requests read it once
	stored []belfry.Key
	read   time.Time // when stored was; zero: not yet
}

func newKeyring(keys []NamedKey, store belfry.Credentials, now func() time.Time) (*keyring, error) {
	k := &keyring{store: store, now: now}
	names := make(map[string]bool, len(keys))
	for _, key := range keys {
		if err := key.check(); err != nil {
			return nil, err
		}
		if names[key.Name] {
			return nil, fmt.Errorf("two keys have the name %q: give each its own", key.Name)
		}
		names[key.Name] = true
		if key.Scopes == 0 {
			key.Scopes = belfry.ScopeAdmin
		}
		k.fixed = append(k.fixed, belfry.Key{Name: key.Name, Hash: belfry.HashSecret(key.Secret), Scopes: key.Scopes})
	}
	return k, nil
}

// find returns the key with a secret, and notes its use. The error is a reason when there is none.
func (k *keyring) find(ctx context.Context, secret string) (*belfry.Key, error) {
	if len(secret) > maxKey {
		return nil, errLong
	}
	hash := belfry.HashSecret(secret)
	if key := match(k.fixed, hash); key != nil {
		k.uses.note(key, k.now())
		return key, nil
	}
	for _, age := range [...]time.Duration{keysKept, keysReread} {
		stored, err := k.storedKeys(ctx, age)
		if err != nil {
			return nil, err
		}
		if key := match(stored, hash); key != nil {
			return key, k.use(ctx, key)
		}
	}
	return nil, reason("no API key is like it")
}

// match compares with every key, in a time that does not tell how much of a hash was right. nil: none is like it.
func match(keys []belfry.Key, hash belfry.SecretHash) (found *belfry.Key) {
	for i := range keys {
		if subtle.ConstantTimeCompare(keys[i].Hash[:], hash[:]) == 1 {
			found = &keys[i]
		}
	}
	return found
}

// storedKeys returns the store's keys as they were at most age ago. The slice is never changed afterwards.
func (k *keyring) storedKeys(ctx context.Context, age time.Duration) ([]belfry.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	// A negative age is a clock that was set back: what it says is worth nothing.
	if since := now.Sub(k.read); !k.read.IsZero() && since >= 0 && since < age {
		return k.stored, nil
	}
	stored, err := k.store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read API keys: %w", err)
	}
	k.stored, k.read = stored, now
	return stored, nil
}
