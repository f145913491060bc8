package auth

import (
	"context"

	"github.com/belfryhq/belfry"
)

// KeyHash returns the hash of the API key with a name, so that a session opened by a key can end with it. ok is false when
// there is no such key, or no longer.
func (a *Authenticator) KeyHash(ctx context.Context, name string) (hash belfry.SecretHash, ok bool, err error) {
	stored, err := a.keys.storedKeys(ctx, keysKept)
	if err != nil {
		return belfry.SecretHash{}, false, err
	}
	for _, keys := range [][]belfry.Key{stored, a.keys.fixed} { // in this order: those of the configuration come first when a name is in both
		for _, k := range keys {
			if k.Name == name {
				hash, ok = k.Hash, true
			}
		}
	}
	return hash, ok, nil
}
