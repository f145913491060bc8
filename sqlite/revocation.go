package sqlite

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// Revoke implements [belfry.Revocations].
func (s *Store) Revoke(ctx context.Context, r belfry.Revocation) error {
	return failure("revoke", s.writer.do(ctx, 1, func(t *tx) error {
		hash := r.Hash()
		_, err := t.exec(`INSERT INTO revocations VALUES (?1,?2,?3) ON CONFLICT (hash) DO UPDATE SET at=max(at, ?2),
			expires_at=CASE WHEN expires_at IS NULL OR ?3 IS NULL THEN NULL ELSE max(expires_at, ?3) END`,
			hash[:], r.At.UnixMilli(), milli(r.ExpiresAt))
		if err != nil || r.TokenID != "" {
			return err
		}
		_, err = t.exec(`DELETE FROM tickets WHERE user_id=?`, r.User)
		return err
	}))
}

// Revoked implements [belfry.Revocations].
func (s *Store) Revoked(ctx context.Context, since time.Time) (found []belfry.Revoked, err error) {
	err = s.readers.one(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			v := belfry.Revoked{At: r.time(1), ExpiresAt: r.time(2)}
			copy(v.Hash[:], r.blob(0))
			found = append(found, v)
			return nil
		}, `SELECT hash, at, expires_at FROM revocations WHERE at >= ?`, since.UnixMilli())
	})
	return found, failure("revoked", err)
}
