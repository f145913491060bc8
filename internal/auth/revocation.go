package auth

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	// A revocation on another node is known at once when the bus rings, and after revokedAge where the ring was lost.
	revokedAge = 30 * time.Second
	// Clocks of nodes differ, and a revocation is stored a little after its time: each reading begins this long before the
	// last one.
	revokedOverlap = 5 * time.Minute
	revokedSweep   = time.Hour // how often what has expired is forgotten
)

// revocations knows what was taken back, without asking the store for each request.
type revocations struct {
	store  belfry.Revocations
	now    func() time.Time
	logger *slog.Logger

	heard   atomic.Int64 // how many times something may have been revoked
	read    atomic.Int64 // how many of them are known
	last    atomic.Int64 // when it was read, in milliseconds; 0: never
	reading sync.Mutex
	swept   time.Time // guarded by reading

	mu    sync.RWMutex
	known map[belfry.SecretHash]belfry.Revoked
}

func newRevocations(store belfry.Revocations, now func() time.Time, logger *slog.Logger) *revocations {
	return &revocations{store: store, now: now, logger: logger, known: map[belfry.SecretHash]belfry.Revoked{}}
}

// hear is told that something may have been revoked: the next request has it read before it goes on.
func (v *revocations) hear() { v.heard.Add(1) }

// stale reports whether something was revoked that is not known.
func (v *revocations) stale() bool { return v.last.Load() == 0 || v.read.Load() != v.heard.Load() }

// check returns a reason when the token was taken back.
func (v *revocations) check(ctx context.Context, t *token) error {
	if err := v.refresh(ctx); err != nil {
		return err
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if len(v.known) == 0 {
		return nil
	}
	// A token that does not say when it was issued, or says the very moment, may be older.
	if r, ok := v.known[belfry.RevocationHash(t.user, "")]; ok && !t.issued.After(r.At) {
		return reason("all that was issued to this person until then was revoked")
	}
	if one := t.revocation(); one != (belfry.SecretHash{}) {
		if _, ok := v.known[one]; ok {
			return reason("it was revoked")
		}
	}
	return nil
}

// refresh reads the store when something was revoked, or nothing was heard for a while. In the latter case one request reads,
// and the others go by what is known.
func (v *revocations) refresh(ctx context.Context) error {
	must, now := v.stale(), v.now()
	// A negative age is a clock that was set back: what it says is worth nothing.
	if age := now.Sub(time.UnixMilli(v.last.Load())); !must && age >= 0 && age < revokedAge {
		return nil
	}
	if !must {
		if !v.reading.TryLock() {
			return nil
		}
	} else {
		v.reading.Lock()
	}
	defer v.reading.Unlock()
	if must && !v.stale() {
		return nil // another request has read it meanwhile
	}
	err := v.learn(ctx, now)
	if err != nil && !must {
		v.logger.WarnContext(ctx, "what was revoked cannot be read; what is known of it holds", "error", err)
		return nil
	}
	return err
}

func (v *revocations) learn(ctx context.Context, now time.Time) error {
	var since time.Time
	if last := v.last.Load(); last != 0 {
		since = time.UnixMilli(last).Add(-revokedOverlap)
	}
	heard := v.heard.Load() // before it is read: what is revoked meanwhile has it read again
	found, err := v.store.Revoked(ctx, since)
	if err != nil {
		return fmt.Errorf("read what was revoked: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range found {
		v.known[r.Hash] = r
	}
	if now.Sub(v.swept) > revokedSweep {
		v.swept = now
		for hash, r := range v.known {
			if r.Over(now) {
				delete(v.known, hash)
			}
		}
	}
	// Last: until then, others wait for it rather than go by what was known before.
	v.last.Store(now.UnixMilli())
	v.read.Store(heard)
	return nil
}
