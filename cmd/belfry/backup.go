package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/sqlite"
)

type backupCmd struct {
	config.Database
	File string `arg:"" help:"Where to write the copy; it must not exist yet."`
	JSON bool   `help:"Answer in JSON."`
}

// Run writes a backup.
func (c *backupCmd) Run(ctx context.Context, p *program) error {
	if _, err := os.Lstat(c.File); err == nil {
		return fmt.Errorf("%s exists already; give a new name, so that no backup is lost by another", c.File)
	}
	if _, ok := c.DatabaseURL.Postgres(); ok {
		return usagef("a PostgreSQL database is backed up by its own tools, while nodes run: pg_dump --format=custom --schema=belfry --file=%s and the address of BELFRY_DATABASE_URL; docs/operate/cluster.md says how it is restored", c.File)
	}
	store, err := sqlite.OpenAdmin(ctx, c.DatabaseURL.Path())
	if err != nil {
		return fmt.Errorf("BELFRY_DATABASE_URL: %w", err)
	}
	if err := errors.Join(store.Backup(ctx, c.File), store.Close()); err != nil {
		return fmt.Errorf("back up %s: %w", c.DatabaseURL.Path(), err)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	if c.JSON {
		return p.printJSON(map[string]any{"file": absolute(c.File), "bytes": info.Size()})
	}
	p.printf("%s %s, %d bytes\n", p.paint("wrote", green), absolute(c.File), info.Size())
	return nil
}
