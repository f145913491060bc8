package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

// useWritten is how far the last use in the store may lag behind: to write each one would cost a transaction for every
// request. The request that finds it older writes it, and is the only one that waits.
const useWritten = 5 * time.Minute

// useTimeout bounds that wait: the request itself is not at fault.
const useTimeout = 2 * time.Second

// uses are the last uses of keys by name.
type uses struct {
	mu     sync.RWMutex
	byName map[string]*use
}

// A use is when a key was used last, in seconds since 1970.
type use struct {
	last    atomic.Int64
	written atomic.Int64 // as the store has it
}

// note says that a key was used now.
func (u *uses) note(k *belfry.Key, now time.Time) *use {
	u.mu.RLock()
	one := u.byName[k.Name]
	u.mu.RUnlock()
	if one == nil {
		one = u.begin(k)
	}
	if s := now.Unix(); one.last.Load() != s {
		one.last.Store(s)
	}
	return one
}

func (u *uses) begin(k *belfry.Key) *use {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byName == nil {
		u.byName = map[string]*use{}
	}
	one := u.byName[k.Name]
	if one == nil {
		one = &use{}
		one.written.Store(k.LastUsedAt.Unix())
		u.byName[k.Name] = one
	}
	return one
}

// use notes the use of a stored key, now and then in the store too.
func (k *keyring) use(ctx context.Context, key *belfry.Key) error {
	now := k.now()
	one := k.uses.note(key, now)
	written, s := one.written.Load(), now.Unix()
	if s-written < int64(useWritten/time.Second) || !one.written.CompareAndSwap(written, s) {
		return nil
	}
	// The asker may hang up; the key was used all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), useTimeout)
	defer cancel()
	if err := k.store.UseKey(ctx, key.Name, now.UTC().Truncate(time.Millisecond)); err != nil {
		return useError{fmt.Errorf("note the use of key %q: %w", key.Name, err)}
	}
	return nil
}

// A useError says that a use could not be noted, which is no reason to refuse the key.
type useError struct{ error }

// A KeyUse is when an API key was last used, as far as this process knows.
type KeyUse struct {
	Name string
	At   time.Time // to the second
}

// KeyUses returns the last use of every key that was used since the start, by name.
func (a *Authenticator) KeyUses() []KeyUse {
	u := &a.keys.uses
	u.mu.RLock()
	defer u.mu.RUnlock()
	all := make([]KeyUse, 0, len(u.byName))
	for _, name := range slices.SortedFunc(maps.Keys(u.byName), strings.Compare) {
		all = append(all, KeyUse{name, time.Unix(u.byName[name].last.Load(), 0)})
	}
	return all
}
