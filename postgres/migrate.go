package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// lockID names the lock under which the tables are brought up to date ("Blfy", as SQLite's application_id has it).
const lockID = 1114400377

// versions is where the tables' version is kept.
const versions = "belfry.goose_db_version"

// migrate makes the tables, or brings them up to date, while every other node that wants to waits; it refuses tables that
// are newer than this program.
func (s *Store) migrate(ctx context.Context) (err error) {
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	guard, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	// The lock is the transaction's, so that it works through a pooler of connections too, and ends with this process.
	defer func() { err = errors.Join(err, guard.Rollback(context.WithoutCancel(ctx))) }()
	if _, err := guard.Exec(ctx, `SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return err
	}
	if _, err := guard.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockID); err != nil {
		return err
	}
	return s.up(ctx)
}

func (s *Store) up(ctx context.Context) (err error) {
	missing := false
	err = s.ask(ctx, func(r row) error {
		missing = r.is(0)
		return nil
	}, `SELECT to_regnamespace('belfry') IS NULL`)
	if err == nil && missing {
		_, err = s.pool.Exec(ctx, `CREATE SCHEMA belfry`)
	}
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	book, err := database.NewStore(database.DialectPostgres, versions)
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectCustom, db, files, goose.WithStore(book), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	version, err := p.GetDBVersion(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the tables' version: %w", err)
	case version > newest:
		return fmt.Errorf("the tables have version %d, and this program knows versions up to %d: run a newer Belfry, or restore a backup", version, newest)
	case version == newest:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}
