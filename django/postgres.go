package django

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/belfryhq/belfry"
)

const (
	postgresConns   = 8
	postgresConnect = 3 * time.Second
)

// A postgresRows reads a server.
type postgresRows struct {
	pool            *pgxpool.Pool
	sessionQ, userQ string
}

func openPostgres(ctx context.Context, url string, q queries) (rows, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		// Its own text has the address in it.
		return nil, errors.New("the address cannot be read: give one like postgres://belfry_ro:password@localhost:5432/app")
	}
	if c.MaxConns = postgresConns; c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = postgresConnect
	}
	c.ConnConfig.RuntimeParams["application_name"] = "belfry"
	c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return &postgresRows{
		pool:     pool,
		sessionQ: "SELECT session_data, expire_date FROM " + q.sessions + " WHERE session_key = $1",
		userQ:    "SELECT " + q.password + ", " + q.active + " FROM " + q.users + " WHERE " + q.id + " = $1",
	}, nil
}

func (p *postgresRows) session(ctx context.Context, key string) (data string, expires time.Time, err error) {
	err = p.pool.QueryRow(ctx, p.sessionQ, key).Scan(&data, &expires)
	return data, expires.UTC(), noRow(err)
}

// user gives the id as text, which the server reads as whatever the key is: a number, a UUID, a text.
func (p *postgresRows) user(ctx context.Context, id string) (password string, active bool, err error) {
	err = p.pool.QueryRow(ctx, p.userQ, id).Scan(&password, &active)
	return password, active, noRow(err)
}

// wrong finds what the server says of the login (SQLSTATE 28), the database (3D), and the tables, columns and rights (42).
func (p *postgresRows) wrong(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(e.Code, "28") || strings.HasPrefix(e.Code, "3D") || strings.HasPrefix(e.Code, "42"))
}

func (p *postgresRows) close() error {
	p.pool.Close()
	return nil
}

// noRow tells that there is nobody. A text that is no number names nobody where keys are numbers (SQLSTATE 22P02, 22003).
func noRow(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == "22P02" || e.Code == "22003") {
		return belfry.ErrNotFound
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return belfry.ErrNotFound
	}
	return err
}
