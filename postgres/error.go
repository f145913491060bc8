package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/belfryhq/belfry"
)

var (
	// errClosed is what a closed store answers.
	errClosed = errors.New("the store is closed")
	// errAgain asks for the transaction to be run once more: what it was about to do was done by somebody else meanwhile.
	errAgain = errors.New("somebody else was faster")
)

// failure wraps what an operation ended with. What a client may read comes first, the server's words are for the log.
func failure(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case isRefusal(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", operation, err)
	case isFull(err):
		return fmt.Errorf("postgres: %s: %w (%v)", operation, belfry.ErrFull, err) //nolint:errorlint // the client reads the first; the second is for the log
	case isAway(err), isHeld(err):
		return fmt.Errorf("postgres: %s: %w (%v)", operation, errAway, err) //nolint:errorlint // as above
	default:
		return fmt.Errorf("postgres: %s: %w", operation, err)
	}
}

// errAway is what clients are told while the database does not answer.
var errAway = belfry.Errorf(belfry.CodeUnavailable, "The database does not answer now, and nothing is known to be stored. Try again in a moment.")

func isRefusal(err error) bool {
	var refusal *belfry.Error
	return errors.As(err, &refusal)
}

// Conditions that PostgreSQL names by code (appendix A of its manual).
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeDiskFull      = "53100"
	codeReadOnly      = "25006"
	codeForbidden     = "42501"
	codeIdle          = "25P03"
	codeHeld          = "55P03"
)

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func isFull(err error) bool { return sqlState(err) == codeDiskFull }

// isHeld reports whether somebody else kept a lock for longer than anybody of Belfry's does.
func isHeld(err error) bool { return sqlState(err) == codeHeld }

// isCollision reports whether the transaction met another one, and need only be repeated.
func isCollision(err error) bool {
	code := sqlState(err)
	return code == codeSerialization || code == codeDeadlock || errors.Is(err, errAgain) || errors.Is(err, errAborted)
}

// isAway reports whether it was the connection, or a server that is going down, coming up, has no connection to spare, or
// heard nothing of this node in the middle of a transaction: what was not committed did not happen, and later it may.
func isAway(err error) bool {
	if err == nil {
		return false
	}
	if code := sqlState(err); code != "" {
		class := code[:2]
		return class == "08" || class == "57" && code != "57014" || code == "53300" || code == codeReadOnly || code == codeIdle
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
