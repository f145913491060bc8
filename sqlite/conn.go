package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	driversqlite "modernc.org/sqlite"
)

// A conn is one connection of the driver, with every statement prepared at its first use and kept: database/sql would
// add locks, contexts and conversions that cost more than many of the statements. Not safe for concurrent use.
type conn struct {
	c     driver.Conn
	stmts map[string]*stmt
}

// A stmt is a prepared statement with buffers that its executions share; one execution must end before the next.
type stmt struct {
	s interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
	args []driver.NamedValue
	dest []driver.Value
}

// dsn names the file with the driver's parameters: pragmas in order. SQLite's own mode says whether it may be created.
func dsn(path, mode string, pragmas ...string) string {
	slash := filepath.ToSlash(path)
	if !strings.HasPrefix(slash, "/") {
		slash = "/" + slash
	}
	q := url.Values{"mode": {mode}, "_pragma": pragmas, "_defensive": {"1"}}
	u := url.URL{Scheme: "file", Path: slash, RawQuery: q.Encode()}
	return u.String()
}

func connect(ctx context.Context, dsn string) (*conn, error) {
	connector, err := driversqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, stmts: map[string]*stmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.s.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}

func (c *conn) prepare(sql string, args []any) (*stmt, error) {
	s := c.stmts[sql]
	if s == nil {
		p, err := c.c.Prepare(sql)
		if err != nil {
			return nil, fmt.Errorf("prepare %q: %w", sql, err)
		}
		s = &stmt{}
		var ok bool
		if s.s, ok = p.(interface {
			driver.Stmt
			driver.StmtExecContext
			driver.StmtQueryContext
		}); !ok {
			return nil, fmt.Errorf("prepare %q: the driver's statements cannot be run with a context", sql)
		}
		c.stmts[sql] = s
	}
	s.args = s.args[:0]
	for i, a := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return s, nil
}

// exec runs a statement and returns how many rows it changed. Arguments are int64, string, []byte or nil.
func (c *conn) exec(sql string, args ...any) (int64, error) {
	s, err := c.prepare(sql, args)
	if err != nil {
		return 0, err
	}
	// Not the caller's ctx: the driver would start a goroutine for each statement to watch it.
	r, err := s.s.ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// errEnough ends a query early, without error.
var errEnough = errors.New("enough")

// query runs a statement and calls each with every row, until each returns an error; errEnough is none.
func (c *conn) query(each func(row) error, sql string, args ...any) (err error) {
	s, err := c.prepare(sql, args)
	if err != nil {
		return err
	}
	rows, err := s.s.QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	if s.dest == nil {
		s.dest = make([]driver.Value, len(rows.Columns()))
	}
	for {
		if err := rows.Next(s.dest); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := each(row(s.dest)); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return err
		}
	}
}

// number returns the first column of the first row; 0 when there is none or it is null.
func (c *conn) number(sql string, args ...any) (n int64, err error) {
	err = c.query(func(r row) error {
		n = r.int(0)
		return errEnough
	}, sql, args...)
	return n, err
}

// A row is what a query found; its columns are valid until the next.
type row []driver.Value

func (r row) null(i int) bool { return r[i] == nil }

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

func (r row) blob(i int) []byte {
	b, _ := r[i].([]byte)
	return b
}

func (r row) time(i int) time.Time {
	if r.null(i) {
		return time.Time{}
	}
	return fromMilli(r.int(i))
}

// Moments are stored as milliseconds since 1970, no moment as null.

func milli(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// textOrNull stores an optional text; empty is none.
func textOrNull[T ~string | ~[]byte](s T) any {
	if len(s) == 0 {
		return nil
	}
	return string(s)
}

// numberOrNull stores an optional number; 0 is none.
func numberOrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// oneIf stores a truth.
func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
