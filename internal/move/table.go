package move

import (
	"bytes"
	"context"
	"iter"
)

// A Table is a table as both sides know it. Its first columns are its key, by which rows are in order, the same on both
// sides: numbers by size, ids, names and bytes by their bytes.
type Table struct {
	Name    string
	Columns []string
	Key     int // how many of the columns are the key
}

// A Row holds a value for each column of its table: an int64, a string (valid UTF-8, without the character 0), a []byte,
// a bool, a [16]byte (an id), or nil.
type Row []any

// size is about what the row takes in memory, in bytes.
func (r Row) size() int {
	n := 16 * len(r)
	for _, v := range r {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

// differs returns the first column in which two rows differ; -1: in none.
func (r Row) differs(other Row) int {
	for i, v := range r {
		a, isBytes := v.([]byte)
		b, both := other[i].([]byte)
		switch {
		case isBytes && both && bytes.Equal(a, b):
		case isBytes || both || v != other[i]:
			return i
		}
	}
	return -1
}

// A Range is a part of a table, by key: those after After, which nil is before the first, up to and with Until, which nil
// is after the last.
type Range struct{ After, Until []any }

// A Source is what is moved. Not safe for concurrent use.
type Source interface {
	// Tables returns the tables to move. It fails where there is something that it does not know.
	Tables(ctx context.Context) ([]Table, error)
	// Head returns the table of one row that makes the whole valid: it is written last.
	Head() Table
	// Count returns how many rows a table has.
	Count(ctx context.Context, t Table) (int64, error)
	// Rows yields the rows of a table in the order of their keys, or an error and then no more.
	Rows(ctx context.Context, t Table) iter.Seq2[Row, error]
}

// A Target is where it is moved to. Until it is finished no server may open it, and nobody else writes to it. Not safe for
// concurrent use.
type Target interface {
	// Finished reports whether the move was finished before: then nothing is written any more.
	Finished() bool
	// Accept fails where the target has tables or columns other than these, but for those that are its own.
	Accept(ctx context.Context, tables []Table, head Table) error
	// Rows returns the rows of a part of a table, in the order of the keys, and of more than limit the first.
	Rows(ctx context.Context, t Table, part Range, limit int) ([]Row, error)
	// Replace makes a part of a table be these rows, in one transaction.
	Replace(ctx context.Context, t Table, part Range, rows []Row) error
	// Finish writes the head, and opens the target to servers.
	Finish(ctx context.Context, head Table, row Row) error
}
