package move

import "fmt"

// A Mismatch says where the two sides differ. It holds nothing of what the rows say: they are people's.
type Mismatch struct {
	Table  string
	Row    int64  // in the order of the keys, from 1
	Column string // empty: one side has rows that the other does not have
	Source int    // then, how many rows of the part in question each has
	Target int
}

// Error implements error.
func (m *Mismatch) Error() string {
	if m.Column != "" {
		return fmt.Sprintf("row %d (in the order of the keys) has another %s in the target", m.Row, m.Column)
	}
	return fmt.Sprintf("from row %d on (in the order of the keys) the source has %d rows where the target has %d", m.Row, m.Source, m.Target)
}

// mismatch returns how a part of the target, which begins after so many rows, differs from the source's; nil: it does not.
func mismatch(t Table, before int64, source, target []Row) error {
	for i := range min(len(source), len(target)) {
		switch c := source[i].differs(target[i]); {
		case c < 0:
		case c < t.Key && len(source) != len(target): // one is missing on one side
			return &Mismatch{Table: t.Name, Row: before + int64(i) + 1, Source: len(source) - i, Target: len(target) - i}
		default:
			return &Mismatch{Table: t.Name, Row: before + int64(i) + 1, Column: t.Columns[c]}
		}
	}
	if len(source) != len(target) {
		n := min(len(source), len(target))
		return &Mismatch{Table: t.Name, Row: before + int64(n) + 1, Source: len(source) - n, Target: len(target) - n}
	}
	return nil
}
