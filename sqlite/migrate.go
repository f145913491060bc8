package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	driversqlite "modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID stands in the file's header; the first migration writes it.
const applicationID = 1114400377

// migrate brings an owner's file up to date, and refuses a file that is newer than this program, or another's. To
// whoever is not the owner it refuses an older one as well.
func migrate(ctx context.Context, path string, owner bool) (err error) {
	connector, err := driversqlite.NewConnector(dsn(path, "rw", pragmas(owner)...))
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)

	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if err := ours(ctx, db); err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	version, err := p.GetDBVersion(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the file's version: %w", err)
	case version > newest:
		return fmt.Errorf("the file has version %d, and this program knows versions up to %d: run a newer Belfry, or restore a backup", version, newest)
	case version < newest && !owner:
		return fmt.Errorf("the file has version %d, and this program needs %d: run `belfry serve` once, which brings it up to date", version, newest)
	case version == newest:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the file up to date: %w", err)
	}
	return nil
}

// ours refuses a database that has tables and is not Belfry's, before anything is written to it.
func ours(ctx context.Context, db *sql.DB) error {
	var id, tables int64
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if tables > 0 && id != applicationID {
		return errNotOurs
	}
	return nil
}
