package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry/internal/move"
)

// How a move ends.
const (
	moveDone  = "moved" // copied, compared, and open to servers
	moveAhead = "ahead" // copied in part; servers may not open it yet
	moveEqual = "equal" // it was moved before, and is the same still
)

// A moveReport is what a move tells.
type moveReport struct {
	status, epoch, from, to string
	began                   time.Time
	tables                  []move.Moved
}

// explain adds the mend to what a move ended with.
func (r *moveReport) explain(err error) error {
	const again = "run the same command again, and it goes on where it is"
	differs := new(move.Mismatch)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped before all was moved: %s", again)
	case errors.As(err, &differs) && r.status == moveEqual:
		return fmt.Errorf("all was moved before, and since then the two differ (%w). Nothing was changed now. When servers of the new database were started, that is what they wrote; if it was the old one that went on, move into an empty database", err)
	case errors.As(err, &differs):
		return fmt.Errorf("the target does not hold what was written to it (%w), so it stays closed to servers: look for a trigger or a program that changes rows there; then %s", err, again)
	case r.status == moveDone:
		return fmt.Errorf("%w; the target stays closed to servers: mend it, and %s", err, again)
	}
	return err
}

func (r *moveReport) sum() (rows, written int64) {
	for _, t := range r.tables {
		rows, written = rows+t.Rows, written+t.Written
	}
	return rows, written
}

func (r *moveReport) printJSON(p *program) error {
	for _, t := range r.tables {
		if err := p.printJSON(map[string]any{"table": t.Table, "rows": t.Rows, "written": t.Written}); err != nil {
			return err
		}
	}
	rows, written := r.sum()
	return p.printJSON(map[string]any{
		"status": r.status, "epoch": r.epoch, "rows": rows, "written": written, "seconds": time.Since(r.began).Round(time.Millisecond).Seconds(),
	})
}

func (r *moveReport) print(p *program) {
	for _, t := range r.tables {
		p.printf("%-17s %9d rows, %d of them written now\n", t.Table, t.Rows, t.Written)
	}
	rows, _ := r.sum()
	took := time.Since(r.began).Round(10 * time.Millisecond)
	switch r.status {
	case moveAhead:
		p.printf("%s %d rows are in %s after %v. Stop the server, and run this again without --ahead: it copies what has changed.\n", p.paint("copied ahead:", yellow), rows, r.to, took)
	case moveEqual:
		p.printf("%s %s was moved before, and %s holds the same still: %d rows, compared in %v.\n", p.paint("equal:", green), r.from, r.to, rows, took)
	default:
		p.printf("%s %d rows, each compared, in %v. The epoch %s came along: clients go on where they are.\n", p.paint("moved:", green), rows, took, r.epoch)
		p.printf("Next: BELFRY_DATABASE_URL=%s, and start the servers. Do not serve %s again: what waits to be mailed would be mailed twice.\n", r.to, r.from)
	}
}
