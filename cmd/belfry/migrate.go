package main

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

type migrateCmd struct {
	config.Database
	JSON bool `help:"Answer in JSON."`
}

// A migrated is a store that was brought up to date by being opened.
type migrated interface {
	Epoch() string
	Close() error
}

// Run makes the database, or brings it up to date, as serve does at its start: for whoever wants that done, and seen to
// succeed, before the new version is started.
func (c *migrateCmd) Run(ctx context.Context, p *program) error {
	store, err := openToMigrate(ctx, c.DatabaseURL)
	if err != nil {
		return fmt.Errorf("BELFRY_DATABASE_URL: %w", err)
	}
	epoch := store.Epoch()
	if err := store.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	if c.JSON {
		return p.printJSON(map[string]any{"epoch": epoch, "status": "up to date"})
	}
	p.printf("%s the database has what this version needs (epoch %s)\n", p.paint("up to date:", green), epoch)
	return nil
}

func openToMigrate(ctx context.Context, url config.DatabaseURL) (migrated, error) {
	if address, ok := url.Postgres(); ok {
		store, err := postgres.Open(ctx, address)
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	store, err := sqlite.Open(ctx, url.Path())
	if err != nil {
		return nil, err
	}
	return store, nil
}
