package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// acquire returns a connection; whoever has it releases it.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil && s.closed.Load() {
		return nil, errClosed
	}
	return c, err
}

// one runs a read of a single statement, which is a snapshot by itself.
func (s *Store) one(ctx context.Context, read func(context.Context, *link) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return read(ctx, &link{c: c.Conn()})
}

// read runs read in one read transaction, so that all it sees is of one moment.
func (s *Store) read(ctx context.Context, read func(context.Context, *link) error) error {
	return s.one(ctx, func(ctx context.Context, l *link) error {
		l.queue(`begin isolation level repeatable read read only`)
		err := read(ctx, l)
		t := tx{link: l, xid: "read"}
		if err != nil {
			t.rollback(ctx)
			return err
		}
		l.queue(`commit`)
		return l.flush(ctx)
	})
}
