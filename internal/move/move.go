package move

import (
	"context"
	"fmt"
)

// How much is read, compared and written at a time: enough that a transaction's sync is a small part of the work, and
// little enough to be held in memory twice.
const (
	maxRows  = 2000
	maxBytes = 4 << 20
)

// Progress says how far a pass over a table is.
type Progress struct {
	Table    string
	Checking bool // this pass compares and writes nothing
	Done     int64
	Total    int64 // rows that the source had when the pass began
}

// Moved says what became of a table.
type Moved struct {
	Table   string
	Rows    int64 // that are on both sides
	Written int64 // of these, by this run; the others were there
}

// A Mover moves what a source holds into a target.
type Mover struct {
	Source Source
	Target Target
	// Ahead copies what there is and leaves the target unfinished: the source may be written to meanwhile.
	Ahead bool
	// Progress, if not nil, is called after each step, by the goroutine that called Run.
	Progress func(Progress)
}

// Run moves everything, compares everything, and finishes the target. Of a target that was finished before it compares
// alone. After an error it may be called again, on sides that were opened anew.
func (m *Mover) Run(ctx context.Context) ([]Moved, error) {
	tables, err := m.Source.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.Target.Accept(ctx, tables, m.Source.Head()); err != nil {
		return nil, err
	}
	moved := make([]Moved, len(tables))
	for i, t := range tables {
		moved[i].Table = t.Name
		if m.Target.Finished() {
			continue
		}
		if err := m.pass(ctx, t, &moved[i], false); err != nil {
			return nil, fmt.Errorf("copy %s: %w", t.Name, err)
		}
	}
	if m.Ahead {
		return moved, nil
	}
	for i, t := range tables {
		if err := m.pass(ctx, t, &moved[i], true); err != nil {
			return nil, fmt.Errorf("compare %s: %w", t.Name, err)
		}
	}
	return moved, m.finish(ctx)
}

// finish writes the head, or compares it.
func (m *Mover) finish(ctx context.Context) error {
	head := m.Source.Head()
	var found []Row
	for row, err := range m.Source.Rows(ctx, head) {
		if err != nil {
			return fmt.Errorf("read %s: %w", head.Name, err)
		}
		found = append(found, row)
	}
	if len(found) != 1 {
		return fmt.Errorf("%s has %d rows in the source, and must have one", head.Name, len(found))
	}
	if !m.Target.Finished() {
		return m.Target.Finish(ctx, head, found[0])
	}
	there, err := m.Target.Rows(ctx, head, Range{}, 2)
	if err != nil {
		return err
	}
	return mismatch(head, 0, found, there)
}

// pass goes over a table once, part by part.
func (m *Mover) pass(ctx context.Context, t Table, moved *Moved, checking bool) error {
	total, err := m.Source.Count(ctx, t)
	if err != nil {
		return err
	}
	p := part{Mover: m, table: t, checking: checking, moved: moved, progress: Progress{Table: t.Name, Checking: checking, Total: total}}
	for row, err := range m.Source.Rows(ctx, t) {
		if err != nil {
			return fmt.Errorf("read the source: %w", err)
		}
		if len(p.rows) == maxRows || len(p.rows) > 0 && p.bytes+row.size() > maxBytes {
			if err := p.settle(ctx, p.rows[len(p.rows)-1][:t.Key]); err != nil {
				return err
			}
		}
		p.rows, p.bytes = append(p.rows, row), p.bytes+row.size()
	}
	if err := p.settle(ctx, nil); err != nil { // and whatever the target has behind the last
		return err
	}
	moved.Rows = p.progress.Done
	return nil
}

// A part is the rows of a table that are under way.
type part struct {
	*Mover
	table    Table
	checking bool
	moved    *Moved
	progress Progress
	after    []any // the key of the last row before them
	rows     []Row
	bytes    int
}

// settle makes the target be as the source up to a key, or, checking, fails where it is not.
func (p *part) settle(ctx context.Context, until []any) error {
	where := Range{After: p.after, Until: until}
	// One more than there should be is enough to know, and there may be very many: what was pruned since a pass ahead.
	there, err := p.Target.Rows(ctx, p.table, where, len(p.rows)+1)
	if err != nil {
		return fmt.Errorf("read the target: %w", err)
	}
	if err := mismatch(p.table, p.progress.Done, p.rows, there); err != nil {
		if p.checking {
			return err
		}
		if err := p.Target.Replace(ctx, p.table, where, p.rows); err != nil {
			return fmt.Errorf("write to the target: %w", err)
		}
		p.moved.Written += int64(len(p.rows))
	}
	p.progress.Done += int64(len(p.rows))
	if p.Progress != nil {
		p.Progress(p.progress)
	}
	p.after, p.rows, p.bytes = until, p.rows[:0], 0
	return nil
}
