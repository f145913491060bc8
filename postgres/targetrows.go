package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry/internal/move"
)

// Tables that a move does not fill row by row.
const (
	headTable    = "meta"
	versionTable = "goose_db_version"
	dutiesTable  = "duties"
)

// unfilled are the tables, and the columns, that stay as they are made, each with the reason.
func unfilled() map[string]string {
	return map[string]string{
		versionTable:   "the tables' own version; the source has its own",
		dutiesTable:    "held by nodes while they run, and none does",
		"intake":       "what apps leave in transactions of this database; the source's apps could not",
		"meta.home":    "names this database; Finish writes it",
		"meta.version": "counts the changes of the row here",
	}
}

func table(name string) pgx.Identifier { return pgx.Identifier{"belfry", name} }

// An asker is a connection, or a transaction on it.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// columns returns the columns of each table.
func columns(ctx context.Context, q asker) (map[string][]string, error) {
	rows, err := q.Query(ctx, `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid=c.oid
		WHERE c.relnamespace='belfry'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum>0 AND NOT a.attisdropped ORDER BY 1, a.attnum`)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	var name, column string
	_, err = pgx.ForEachRow(rows, []any{&name, &column}, func() error {
		found[name] = append(found[name], column)
		return nil
	})
	return found, err
}

// Accept implements [move.Target].
func (t *Target) Accept(ctx context.Context, tables []move.Table, head move.Table) error {
	there, err := columns(ctx, t.c)
	if err != nil {
		return err
	}
	const bug = "nothing was moved; it is a bug"
	for _, offered := range append(slices.Clone(tables), head) {
		have, ok := there[offered.Name]
		delete(there, offered.Name)
		if !ok {
			return fmt.Errorf("the target has no table %s: %s", offered.Name, bug)
		}
		for _, c := range offered.Columns {
			if !slices.Contains(have, c) {
				return fmt.Errorf("the target has no column %s.%s: %s", offered.Name, c, bug)
			}
		}
		for _, c := range have {
			if !slices.Contains(offered.Columns, c) && unfilled()[offered.Name+"."+c] == "" {
				return fmt.Errorf("this program does not know what the target's column %s.%s should hold: %s", offered.Name, c, bug)
			}
		}
	}
	for name := range there {
		if unfilled()[name] == "" {
			return fmt.Errorf("this program does not know what the target's table %s should hold: %s", name, bug)
		}
	}
	return nil
}

// inside returns the condition that a row is in a part, and its arguments.
func inside(t move.Table, part move.Range) (where string, args []any) {
	key := strings.Join(t.Columns[:t.Key], ", ")
	where = "true"
	for _, end := range []struct {
		operator string
		key      []any
	}{{">", part.After}, {"<=", part.Until}} {
		if end.key == nil {
			continue
		}
		var marks []string
		for _, v := range end.key {
			args = append(args, v)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		where += " AND (" + key + ") " + end.operator + " (" + strings.Join(marks, ", ") + ")"
	}
	return where, args
}

// Rows implements [move.Target].
func (t *Target) Rows(ctx context.Context, of move.Table, part move.Range, limit int) ([]move.Row, error) {
	where, args := inside(of, part)
	rows, err := t.c.Query(ctx, fmt.Sprintf(`SELECT %s FROM belfry.%s WHERE %s ORDER BY %s LIMIT %d`, strings.Join(of.Columns, ", "), of.Name, where,
		strings.Join(of.Columns[:of.Key], ", "), limit), args...)
	if err != nil {
		return nil, explain(err)
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (move.Row, error) {
		values, err := r.Values()
		for i, v := range values {
			switch v := v.(type) {
			case int16:
				values[i] = int64(v)
			case int32:
				values[i] = int64(v)
			}
		}
		return values, err
	})
	return found, explain(err)
}

// Replace implements [move.Target].
func (t *Target) Replace(ctx context.Context, of move.Table, part move.Range, rows []move.Row) error {
	where, args := inside(of, part)
	return explain(pgx.BeginFunc(ctx, t.c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM belfry.`+of.Name+` WHERE `+where, args...); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, table(of.Name), of.Columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return rows[i], nil }))
		return err
	}))
}

// Finish implements [move.Target]: the database takes over the epoch, bound to its own name, so that a copy that is restored
// elsewhere still gets another one.
func (t *Target) Finish(ctx context.Context, head move.Table, row move.Row) error {
	if err := t.analyze(ctx); err != nil {
		return err
	}
	if err := t.alone(ctx); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, t.c, func(tx pgx.Tx) error {
		// The numbers of people who come later go on behind the last.
		if _, err := tx.Exec(ctx, `SELECT setval(pg_get_serial_sequence('belfry.users', 'uid'), max(uid)) FROM belfry.users HAVING count(*) > 0`); err != nil {
			return err
		}
		set := []string{"home=" + ownName, "version=version+1"}
		for i, c := range head.Columns {
			set = append(set, fmt.Sprintf("%s=$%d", c, i+1))
		}
		_, err := tx.Exec(ctx, `UPDATE belfry.meta SET `+strings.Join(set, ", "), row...)
		return err
	})
	t.finished = err == nil
	return explain(err)
}

// analyze counts what was moved: else the first questions would be planned as if the tables were empty.
func (t *Target) analyze(ctx context.Context) error {
	tables, err := columns(ctx, t.c)
	if err != nil {
		return err
	}
	for name := range tables {
		if _, err := t.c.Exec(ctx, `ANALYZE `+table(name).Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
