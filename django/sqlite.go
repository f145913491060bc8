package django

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	driver "modernc.org/sqlite"

	"github.com/belfryhq/belfry"
)

// An sqliteRows reads a file.
type sqliteRows struct {
	db              *sql.DB
	sessionQ, userQ string
}

func openSQLite(path string, q queries) (rows, error) {
	// dj-database-url writes sqlite:////var/lib/app.db, and people sqlite:///var/lib/app.db.
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		path = rest
		if strings.HasPrefix(path, "//") {
			path = path[1:]
		}
	}
	// One that is not there may be yet to come.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() || path == "" {
		return nil, errors.New("it is no file: give the path that DATABASES has as NAME")
	}
	// Django's own file is locked for moments only; a second is as long as a visitor should wait.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(1000)"
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(4)
	return &sqliteRows{
		db: db,
		// As text: the driver would guess at what is a time.
		sessionQ: "SELECT CAST(session_data AS TEXT), CAST(expire_date AS TEXT) FROM " + q.sessions + " WHERE session_key = ?",
		// Django keeps a UUID as 32 digits here, and names it in its sessions with dashes.
		userQ: "SELECT CAST(" + q.password + " AS TEXT), " + q.active + " FROM " + q.users + " WHERE " + q.id + " IN (?1, ?2)",
	}, nil
}

func (s *sqliteRows) session(ctx context.Context, key string) (data string, expires time.Time, err error) {
	var text string
	if err := s.db.QueryRowContext(ctx, s.sessionQ, key).Scan(&data, &text); err != nil {
		return "", time.Time{}, notFound(err)
	}
	// Without USE_TZ Django writes local times, and says so nowhere: these are taken for UTC.
	expires, err = time.Parse("2006-01-02 15:04:05.999999", text)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("%.40q is not an expire_date as Django writes it", text)
	}
	return data, expires, nil
}

func (s *sqliteRows) user(ctx context.Context, id string) (password string, active bool, err error) {
	other := id
	if len(id) == 36 {
		other = strings.ReplaceAll(id, "-", "")
	}
	err = s.db.QueryRowContext(ctx, s.userQ, id, other).Scan(&password, &active)
	return password, active, notFound(err)
}

// SQLite's result codes (sqlite.org/rescode.html).
const (
	codeError    = 1  // a table or column that is not there
	codeCantOpen = 14 // the file is not there
	codeNotADB   = 26
)

func codeOf(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff // without what the extended code adds
	}
	return 0
}

// wrong finds what the file says of itself.
func (s *sqliteRows) wrong(err error) bool {
	return codeOf(err) == codeError || codeOf(err) == codeNotADB
}

func (s *sqliteRows) close() error { return s.db.Close() }

func notFound(err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return belfry.ErrNotFound
	case codeOf(err) == codeCantOpen:
		return fmt.Errorf("there is no such file, or it may not be read: is it the path that DATABASES has as NAME? (%w)", err)
	}
	return err
}
