package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/move"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

type moveCmd struct {
	From  config.DatabaseURL `required:"" placeholder:"URL" help:"What to move: sqlite: and the path of a file. It is not changed."`
	To    config.DatabaseURL `required:"" setting:"BELFRY_DATABASE_URL" secret:"" placeholder:"URL" help:"Where to: postgres://user:password@host:5432/database, which must be empty."`
	Ahead bool               `help:"Copy what there is while the server still runs, so that the move itself, when it is stopped, is short."`
	JSON  bool               `help:"Answer in JSON: a line for each table, and one for the whole."`
}

// Run moves everything from an SQLite file to a PostgreSQL database.
func (c *moveCmd) Run(ctx context.Context, p *program) error {
	if err := c.check(); err != nil {
		return err
	}
	source, err := sqlite.OpenSource(ctx, c.From.Path(), c.Ahead)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	address, _ := c.To.Postgres()
	target, err := postgres.OpenTarget(ctx, address, source.Epoch())
	if err != nil {
		return errors.Join(fmt.Errorf("--to: %w", err), source.Close())
	}
	r := moveReport{began: time.Now(), epoch: source.Epoch(), to: c.To.String(), from: c.From.Path(), status: moveDone}
	switch {
	case c.Ahead && target.Finished():
		err = errors.New("all is moved already: there is nothing to copy ahead")
	case c.Ahead:
		r.status = moveAhead
	case target.Finished():
		r.status = moveEqual
	}
	if err == nil {
		r.tables, err = c.move(ctx, p, source, target)
	}
	if err := errors.Join(r.explain(err), source.Close(), target.Close()); err != nil {
		return err
	}
	if c.JSON {
		return r.printJSON(p)
	}
	r.print(p)
	return nil
}

// check refuses addresses of the wrong kind.
func (c *moveCmd) check() error {
	if _, ok := c.From.Postgres(); ok {
		return usagef("--from must name an SQLite file, like sqlite:belfry.db: a PostgreSQL database cannot be moved by Belfry, neither back to SQLite nor elsewhere (use pg_dump)")
	}
	if _, ok := c.To.Postgres(); !ok {
		return usagef("--to (or BELFRY_DATABASE_URL) must name a PostgreSQL database, like postgres://belfry@db.example.com:5432/belfry; to copy an SQLite file, use `belfry backup`")
	}
	return nil
}

func (c *moveCmd) move(ctx context.Context, p *program, source move.Source, target move.Target) ([]move.Moved, error) {
	line := newProgressLine(p)
	defer line.clear()
	m := move.Mover{Source: source, Target: target, Ahead: c.Ahead}
	if show := line.show(); show != nil {
		m.Progress = func(g move.Progress) {
			phase := "copying "
			if g.Checking {
				phase = "comparing "
			}
			show(phase+g.Table, g.Done, g.Total)
		}
	}
	return m.Run(ctx)
}
