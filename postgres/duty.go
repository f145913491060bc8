package postgres

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

var _ belfry.Duties = (*Store)(nil)

// TakeDuty implements [belfry.Duties]: a row, and not a lock of the session, because a pooler may stand in between. The
// clock is read at the end of the wait for the row.
func (s *Store) TakeDuty(ctx context.Context, duty, holder string, hold time.Duration) (bool, error) {
	n, err := s.change(ctx, `INSERT INTO belfry.duties AS d VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
		ON CONFLICT (name) DO UPDATE SET holder=$2, until=clock_timestamp() + $3 * interval '1 millisecond'
		WHERE d.holder=$2 OR d.until <= clock_timestamp()`, duty, holder, hold.Milliseconds())
	return n > 0, failure("take duty", err)
}

// LeaveDuty implements [belfry.Duties].
func (s *Store) LeaveDuty(ctx context.Context, duty, holder string) error {
	_, err := s.change(ctx, `DELETE FROM belfry.duties WHERE name=$1 AND holder=$2`, duty, holder)
	return failure("leave duty", err)
}
