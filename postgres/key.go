package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// change runs one statement in a transaction, and returns how many rows it changed.
func (s *Store) change(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err = t.exec(ctx, sql, args...)
		return err
	})
	return n, err
}

// ask runs one statement that changes nothing.
func (s *Store) ask(ctx context.Context, each func(row) error, sql string, args ...any) error {
	return s.one(ctx, func(ctx context.Context, l *link) error { return l.query(ctx, each, sql, args...) })
}

// AddKey implements [belfry.Credentials].
func (s *Store) AddKey(ctx context.Context, k belfry.Key) error {
	n, err := s.change(ctx, `INSERT INTO belfry.keys (name, hash, created_at, scopes) VALUES ($1,$2,$3,$4) ON CONFLICT (name) DO NOTHING`,
		k.Name, k.Hash[:], k.CreatedAt.UnixMilli(), k.Scopes.String())
	if err == nil && n == 0 {
		err = belfry.Errorf(belfry.CodeConflict, "There is a key named %q already.", k.Name)
	}
	return failure("add key", err)
}

// Keys implements [belfry.Credentials].
func (s *Store) Keys(ctx context.Context) (found []belfry.Key, err error) {
	err = s.ask(ctx, func(r row) error {
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
	}, `SELECT name, hash, created_at, scopes, used_at FROM belfry.keys ORDER BY name`)
	return found, failure("keys", err)
}

// UseKey implements [belfry.Credentials].
func (s *Store) UseKey(ctx context.Context, name string, at time.Time) error {
	_, err := s.change(ctx, `UPDATE belfry.keys SET used_at=$2 WHERE name=$1 AND (used_at IS NULL OR used_at < $2)`, name, at.UnixMilli())
	return failure("use key", err)
}

// RemoveKey implements [belfry.Credentials].
func (s *Store) RemoveKey(ctx context.Context, name string) error {
	n, err := s.change(ctx, `DELETE FROM belfry.keys WHERE name=$1`, name)
	if err == nil && n == 0 {
		err = belfry.ErrNotFound
	}
	return failure("remove key", err)
}

// AddTicket implements [belfry.Credentials].
func (s *Store) AddTicket(ctx context.Context, k belfry.Ticket) error {
	o := &k.Origin
	_, err := s.change(ctx, `INSERT INTO belfry.tickets (hash, user_id, expires_at, ends_at, issued_at, token, account) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		k.Hash[:], k.User, k.ExpiresAt.UnixMilli(), milli(o.ExpiresAt), milli(o.IssuedAt), hashOrNull(o.Token), o.Account)
	return failure("add ticket", err)
}

// hashOrNull is what is stored of a hash, the zero hash as null.
func hashOrNull(h belfry.SecretHash) []byte {
	if h == (belfry.SecretHash{}) {
		return nil
	}
	return h[:]
}

// TakeTicket implements [belfry.Credentials].
func (s *Store) TakeTicket(ctx context.Context, h belfry.SecretHash, now time.Time) (belfry.Ticket, error) {
	k := belfry.Ticket{Hash: h}
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		k.User = ""
		return t.query(ctx, func(r row) error {
			k.User, k.ExpiresAt = r.text(0), r.time(1)
			k.Origin = belfry.Origin{ExpiresAt: r.time(2), IssuedAt: r.time(3), Account: r.is(5)}
			copy(k.Origin.Token[:], r.blob(4))
			return nil
		}, `DELETE FROM belfry.tickets WHERE hash=$1 AND expires_at > $2 RETURNING user_id, expires_at, ends_at, issued_at, token, account`, h[:], now.UnixMilli())
	})
	if err == nil && k.User == "" {
		err = belfry.ErrNotFound
	}
	if err != nil {
		return belfry.Ticket{}, failure("take ticket", err)
	}
	return k, nil
}

// Secret implements [belfry.Credentials].
func (s *Store) Secret(ctx context.Context, name string) (out []byte, err error) {
	find := func() error {
		return s.ask(ctx, func(r row) error {
			out = bytes.Clone(r.blob(0))
			return nil
		}, `SELECT secret FROM belfry.secrets WHERE name=$1`, name)
	}
	if err = find(); err == nil && out == nil {
		fresh := make([]byte, 32)
		_, _ = rand.Read(fresh) // it never fails
		if _, err = s.change(ctx, `INSERT INTO belfry.secrets VALUES ($1,$2) ON CONFLICT (name) DO NOTHING`, name, fresh); err == nil {
			err = find()
		}
	}
	if err != nil {
		return nil, failure("secret", err)
	}
	return out, nil
}
