package auth

import (
	"context"

	"github.com/belfryhq/belfry"
)

// Key returns the API key with a name, so that a session opened by a key can end with it. ok is false when there is no such
// key, or no longer. When a name is in the configuration and in the store, that of the configuration is meant.
func (a *Authenticator) Key(ctx context.Context, name string) (key belfry.Key, ok bool, err error) {
	stored, err := a.keys.storedKeys(ctx, keysKept)
	if err != nil {
		return belfry.Key{}, false, err
	}
	for _, keys := range [][]belfry.Key{stored, a.keys.fixed} {
		for i := range keys {
			if keys[i].Name == name {
				key, ok = keys[i], true
			}
		}
	}
	return key, ok, nil
}
