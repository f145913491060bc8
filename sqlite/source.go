package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"github.com/belfryhq/belfry/internal/move"
)

// A Source is a file that is read to be moved into another database, and is not changed. Not safe for concurrent use.
type Source struct {
	c     *conn
	lock  *lock // nil beside a running store
	epoch string
}

var _ move.Source = (*Source)(nil)

// OpenSource opens a file that [Open] has made, to move what it holds. beside: a running store may have it open, and what is
// read may change meanwhile; else it is refused while one has, and none can open it until Close. A missing, foreign, older
// or newer file is refused, and a backup that no store has opened yet; the error says what to do.
func OpenSource(ctx context.Context, path string, beside bool) (_ *Source, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := inspect(path, os.O_RDONLY); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	s := &Source{}
	if !beside {
		if s.lock, err = acquire(path); err != nil {
			if errors.As(err, new(inUse)) {
				err = fmt.Errorf("%w; `belfry move --ahead` copies most of it while that runs", err)
			}
			return nil, fmt.Errorf("open database %s: %w", path, err)
		}
	}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, explain(err)), s.lock.release())
	}
	return s, nil
}

func (s *Source) open(ctx context.Context, path string) (err error) {
	if s.c, err = connect(ctx, dsn(path, "ro", pragmaBusy, pragmaReadOnly, pragmaTemp, "cache_size(-16384)")); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return errors.Join(err, s.c.close())
	}
	return nil
}

// check refuses what is not as this program makes it.
func (s *Source) check() error {
	application, err := s.c.number(`PRAGMA application_id`)
	if err != nil {
		return err
	}
	if application != applicationID {
		return errNotOurs
	}
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	version, err := s.c.number(`SELECT max(version_id) FROM goose_db_version WHERE is_applied`)
	switch {
	case err != nil:
		return err
	case version > newest:
		return fmt.Errorf("the file has version %d, and this program knows versions up to %d: run a newer Belfry", version, newest)
	case version < newest:
		return fmt.Errorf("the file has version %d, and this program needs %d: run `belfry migrate` on it once, which brings it up to date; a move itself changes nothing in it", version, newest)
	}
	err = s.c.query(func(r row) error {
		s.epoch = r.text(0)
		return nil
	}, `SELECT epoch FROM meta`)
	if err == nil && s.epoch == "" {
		err = errors.New("the file is a backup that was not opened yet, so there is nothing that clients' cursors could go on with: run `belfry migrate` on it once")
	}
	return err
}

// newestMigration returns the number of the last of this program's.
func newestMigration() (newest int64, err error) {
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		n, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// Epoch returns the epoch of the file.
func (s *Source) Epoch() string { return s.epoch }

// Close frees everything.
func (s *Source) Close() error { return errors.Join(s.c.close(), s.lock.release()) }

// Tables implements [move.Source].
func (s *Source) Tables(context.Context) ([]move.Table, error) {
	known := map[string]map[string]bool{}
	head := portableHead()
	known[head.name] = head.reads()
	var tables []move.Table
	for _, p := range portables() {
		known[p.name] = p.reads()
		tables = append(tables, p.table())
	}
	err := s.c.query(func(r row) error {
		table, column := r.text(0), r.text(1)
		switch {
		case unmoved()[table] != "":
		case known[table] == nil:
			return fmt.Errorf("this program does not know how to move the file's table %s: nothing was moved; it is a bug", table)
		case !known[table][column]:
			return fmt.Errorf("this program does not know how to move %s.%s of the file: nothing was moved; it is a bug", table, column)
		}
		return nil
	}, `SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.schema='main' AND t.name<>'sqlite_schema' ORDER BY t.name, c.cid`)
	return tables, err
}

// Head implements [move.Source].
func (s *Source) Head() move.Table {
	head := portableHead()
	return head.table()
}

// Count implements [move.Source].
func (s *Source) Count(_ context.Context, t move.Table) (int64, error) {
	return s.c.number(`SELECT count(*) FROM ` + t.Name)
}

// Rows implements [move.Source]. All rows are of one moment.
func (s *Source) Rows(ctx context.Context, t move.Table) iter.Seq2[move.Row, error] {
	return func(yield func(move.Row, error) bool) {
		for _, p := range append(portables(), portableHead()) {
			if p.name != t.Name {
				continue
			}
			err := s.c.query(func(r row) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(p.row(r), nil) {
					return errEnough
				}
				return nil
			}, p.query())
			if err != nil {
				yield(nil, err)
			}
			return
		}
		yield(nil, fmt.Errorf("there is no table %s to move", t.Name))
	}
}
