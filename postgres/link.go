package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/belfryhq/belfry"
)

// A link is a connection in use. Statements are queued, and sent with the next that is waited for: a transaction costs
// as many round trips as it has questions, not as it has statements. Not safe for concurrent use.
type link struct {
	c      *pgx.Conn
	queued []statement
}

type statement struct {
	sql  string
	args []any
	each func(row) error    // called with every row; nil: there are none
	tag  *pgconn.CommandTag // what was done, if somebody asks
}

// queue adds a statement without an answer.
func (l *link) queue(sql string, args ...any) {
	l.queued = append(l.queued, statement{sql: sql, args: args})
}

// ask adds a statement whose rows each is called with when it is sent.
func (l *link) ask(each func(row) error, sql string, args ...any) {
	l.queued = append(l.queued, statement{sql: sql, args: args, each: each})
}

// query sends what is queued and this, and calls each with every row until it returns an error; errEnough is none.
func (l *link) query(ctx context.Context, each func(row) error, sql string, args ...any) error {
	l.ask(each, sql, args...)
	return l.flush(ctx)
}

// exec sends what is queued and this, and returns how many rows this changed.
func (l *link) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	var tag pgconn.CommandTag
	l.queued = append(l.queued, statement{sql: sql, args: args, tag: &tag})
	err := l.flush(ctx)
	return tag.RowsAffected(), err
}

// number returns the first column of the first row; 0 when there is none or it is null.
func (l *link) number(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = l.query(ctx, func(r row) error {
		n = r.int(0)
		return errEnough
	}, sql, args...)
	return n, err
}

// flush sends what is queued and reads the answers.
func (l *link) flush(ctx context.Context) (err error) {
	if len(l.queued) == 0 {
		return nil
	}
	var b pgx.Batch
	for _, s := range l.queued {
		b.Queue(s.sql, s.args...)
	}
	results := l.c.SendBatch(ctx, &b)
	defer func() {
		l.queued = l.queued[:0]
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, s := range l.queued {
		if err := s.read(results); err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends a query early, without error.
var errEnough = errors.New("enough")

func (s *statement) read(results pgx.BatchResults) error {
	if s.each == nil {
		tag, err := results.Exec()
		if s.tag != nil {
			*s.tag = tag
		}
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err == nil {
			err = s.each(values)
		}
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}

// A row is what a query found.
type row []any

func (r row) null(i int) bool { return r[i] == nil }

func (r row) int(i int) int64 {
	switch n := r[i].(type) {
	case int64:
		return n
	case int32:
		return int64(n)
	case int16:
		return int64(n)
	default:
		return 0
	}
}

func (r row) is(i int) bool {
	b, _ := r[i].(bool)
	return b
}

func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

func (r row) blob(i int) []byte {
	b, _ := r[i].([]byte)
	return b
}

func (r row) id(i int) belfry.ID {
	id, _ := r[i].([16]byte)
	return id
}

func (r row) time(i int) time.Time {
	if r.null(i) {
		return time.Time{}
	}
	return fromMilli(r.int(i))
}

// Moments are stored as milliseconds since 1970, no moment as null.

func milli(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}

func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// orNull stores what is optional; the zero value is none.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// key is an id as the driver knows it.
func key(id belfry.ID) [16]byte { return id }

func keyOrNull(id belfry.ID) *[16]byte { return orNull([16]byte(id)) }

func keys(ids []belfry.ID) [][16]byte {
	out := make([][16]byte, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// clean makes a text that came from elsewhere one that PostgreSQL takes: valid UTF-8 without the character 0.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func parsePreferences(s string) (p belfry.Preferences, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &p)
	}
	return p, err
}
