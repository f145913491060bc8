package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// intakeChannel is what belfry_send notifies.
const intakeChannel = "belfry_intake"

// hearOn makes a connection that hears channels. It is not one of the pool: it is never idle, and never given to others.
func hearOn(ctx context.Context, cfg *pgx.ConnConfig, channels ...string) (*pgx.Conn, error) {
	c, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return nil, err
	}
	for _, channel := range channels {
		if _, err := c.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	return c, nil
}

// follow hears until the connection breaks or ctx ends. One that is silent is asked now and then whether it is still there.
func follow(ctx context.Context, c *pgx.Conn, take func(*pgconn.Notification)) error {
	for {
		wait, cancel := context.WithTimeout(ctx, probeEvery)
		n, err := c.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil:
			take(n)
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded) || c.IsClosed():
			return err
		default:
			probe, cancel := context.WithTimeout(ctx, probeEvery)
			err := c.Ping(probe)
			cancel()
			if err != nil {
				return err
			}
		}
	}
}

const probeEvery = 10 * time.Second

// WatchIntake implements [belfry.Intake], by a connection of its own.
func (s *Store) WatchIntake(ctx context.Context, left func()) {
	cfg := s.pool.Config().ConnConfig
	cfg.RuntimeParams["application_name"] = "belfry intake"
	for try := 1; ; try++ {
		if c, err := hearOn(ctx, cfg, intakeChannel); err == nil {
			left()                                                    // what was left before somebody heard
			_ = follow(ctx, c, func(*pgconn.Notification) { left() }) // why it broke is what every other connection tells
			_ = c.Close(context.WithoutCancel(ctx))
			try = 1
		}
		if pause(ctx, try) != nil {
			return
		}
	}
}
