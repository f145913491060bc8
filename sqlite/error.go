package sqlite

import (
	"context"
	"errors"
	"fmt"

	driversqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/belfryhq/belfry"
)

// errClosed is what a closed store answers.
var errClosed = errors.New("the store is closed")

// failure wraps what an operation ended with. A full disk becomes belfry.ErrFull, with SQLite's words for the log.
func failure(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("sqlite: %s: %w (%v)", operation, belfry.ErrFull, err) //nolint:errorlint // the client reads the first; the second is for the log
	case isRefusal(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", operation, err)
	default:
		return fmt.Errorf("sqlite: %s: %w", operation, err)
	}
}

// isFull reports whether there was no room: in the file, or for the shared memory beside it, whose growth SQLite
// reports in a way of its own.
func isFull(err error) bool {
	code := resultCode(err)
	return code&0xff == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_SHMSIZE
}

func resultCode(err error) int {
	var e *driversqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
