package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// AddKey implements [belfry.Credentials].
func (s *Store) AddKey(ctx context.Context, k belfry.Key) error {
	return failure("add key", s.writer.do(ctx, 1, func(t *tx) error {
		n, err := t.exec(`INSERT OR IGNORE INTO keys (name, hash, created_at, scopes) VALUES (?,?,?,?)`,
			k.Name, k.Hash[:], k.CreatedAt.UnixMilli(), k.Scopes.String())
		if err == nil && n == 0 {
			return belfry.Errorf(belfry.CodeConflict, "There is a key named %q already.", k.Name)
		}
		return err
	}))
}

// Keys implements [belfry.Credentials].
func (s *Store) Keys(ctx context.Context) (found []belfry.Key, err error) {
	err = s.readers.one(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			k := belfry.Key{Name: r.text(0), CreatedAt: r.time(2), LastUsedAt: r.time(4)}
			copy(k.Hash[:], r.blob(1))
			if names := r.text(3); names != "" {
				var err error
				if k.Scopes, err = belfry.ParseScopes(names); err != nil {
					return fmt.Errorf("key %q: %w", k.Name, err)
				}
			}
			found = append(found, k)
			return nil
		}, `SELECT name, hash, created_at, scopes, used_at FROM keys ORDER BY name`)
	})
	return found, failure("keys", err)
}

// UseKey implements [belfry.Credentials].
func (s *Store) UseKey(ctx context.Context, name string, at time.Time) error {
	return failure("use key", s.writer.do(ctx, 1, func(t *tx) error {
		_, err := t.exec(`UPDATE keys SET used_at=?2 WHERE name=?1 AND (used_at IS NULL OR used_at < ?2)`, name, at.UnixMilli())
		return err
	}))
}

// RemoveKey implements [belfry.Credentials].
func (s *Store) RemoveKey(ctx context.Context, name string) error {
	return failure("remove key", s.writer.do(ctx, 1, func(t *tx) error {
		n, err := t.exec(`DELETE FROM keys WHERE name=?`, name)
		if err == nil && n == 0 {
			return belfry.ErrNotFound
		}
		return err
	}))
}

// AddTicket implements [belfry.Credentials].
func (s *Store) AddTicket(ctx context.Context, k belfry.Ticket) error {
	return failure("add ticket", s.writer.do(ctx, 1, func(t *tx) error {
		o := &k.Origin
		_, err := t.exec(`INSERT INTO tickets (hash, user_id, expires_at, ends_at, issued_at, token, account) VALUES (?,?,?,?,?,?,?)`,
			k.Hash[:], k.User, k.ExpiresAt.UnixMilli(), milli(o.ExpiresAt), milli(o.IssuedAt), hashOrNull(o.Token), oneIf(o.Account))
		return err
	}))
}

// hashOrNull is what is stored of a hash, the zero hash as null.
func hashOrNull(h belfry.SecretHash) any {
	if h == (belfry.SecretHash{}) {
		return nil
	}
	return h[:]
}

// TakeTicket implements [belfry.Credentials].
func (s *Store) TakeTicket(ctx context.Context, h belfry.SecretHash, now time.Time) (belfry.Ticket, error) {
	var out belfry.Ticket
	err := s.writer.do(ctx, 1, func(t *tx) error {
		k := belfry.Ticket{Hash: h}
		err := t.query(func(r row) error {
			k.User, k.ExpiresAt = r.text(0), r.time(1)
			k.Origin = belfry.Origin{ExpiresAt: r.time(2), IssuedAt: r.time(3), Account: r.int(5) != 0}
			copy(k.Origin.Token[:], r.blob(4))
			return nil
		}, `SELECT user_id, expires_at, ends_at, issued_at, token, account FROM tickets WHERE hash=? AND expires_at > ?`, h[:], now.UnixMilli())
		if err != nil {
			return err
		}
		if k.User == "" {
			return belfry.ErrNotFound
		}
		_, err = t.exec(`DELETE FROM tickets WHERE hash=?`, h[:])
		out = k
		return err
	})
	if err != nil {
		return belfry.Ticket{}, failure("take ticket", err)
	}
	return out, nil
}
