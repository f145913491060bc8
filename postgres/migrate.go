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
	m, err := s.openMigrations()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if _, err := m.version(ctx); err != nil {
		return err
	}
	// Not by the version alone: a lower number may have been added later.
	if pending, err := m.HasPending(ctx); err != nil || !pending {
		return err
	}
	if _, err := m.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}

// migrationSet is the files of this program and the version of the database. It needs database/sql, which nothing else here does.
type migrationSet struct {
	*goose.Provider
	close func() error
}

func (s *Store) openMigrations() (_ *migrationSet, err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	book, err := database.NewStore(database.DialectPostgres, versions)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	p, err := goose.NewProvider(goose.DialectCustom, db, files, goose.WithStore(book), goose.WithAllowOutofOrder(true),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return &migrationSet{p, db.Close}, nil
}

func (m *migrationSet) newest() int64 {
	sources := m.ListSources()
	return sources[len(sources)-1].Version
}

// version refuses tables that a newer program has changed.
func (m *migrationSet) version(ctx context.Context) (int64, error) {
	version, err := m.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the tables' version: %w", err)
	}
	if version > m.newest() {
		return 0, fmt.Errorf("the tables have version %d, and this program knows versions up to %d: run a newer Belfry, or restore a backup", version, m.newest())
	}
	return version, nil
}
