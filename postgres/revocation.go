package postgres

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// Revoke implements [belfry.Revocations].
func (s *Store) Revoke(ctx context.Context, r belfry.Revocation) error {
	return failure("revoke", s.write(ctx, func(_ context.Context, t *tx) error {
		hash := r.Hash()
		t.queue(`INSERT INTO belfry.revocations AS v VALUES ($1,$2,$3) ON CONFLICT (hash) DO UPDATE SET at=greatest(v.at, excluded.at),
			expires_at=CASE WHEN v.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL ELSE greatest(v.expires_at, excluded.expires_at) END`,
			hash[:], r.At.UnixMilli(), milli(r.ExpiresAt))
		if r.TokenID == "" {
			t.queue(`DELETE FROM belfry.tickets WHERE user_id=$1`, r.User)
		}
		return nil
	}))
}

// Revoked implements [belfry.Revocations].
func (s *Store) Revoked(ctx context.Context, since time.Time) (found []belfry.Revoked, err error) {
	err = s.ask(ctx, func(r row) error {
		v := belfry.Revoked{At: r.time(1), ExpiresAt: r.time(2)}
		copy(v.Hash[:], r.blob(0))
		found = append(found, v)
		return nil
	}, `SELECT hash, at, expires_at FROM belfry.revocations WHERE at >= $1`, since.UnixMilli())
	return found, failure("revoked", err)
}
