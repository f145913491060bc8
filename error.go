package belfry

import (
	"errors"
	"fmt"
	"strings"
)

// A Code says what kind of refusal an [Error] is. Faces translate it (HTTP: to a status); nothing else depends on it.
type Code string

// The codes.
const (
	CodeInvalid     Code = "invalid"      // the request can never be served as it is
	CodeMalformed   Code = "malformed"    // the request is not even in the right form
	CodeUnknown     Code = "not_found"    // there is no such thing, or it is not the asker's
	CodeConflict    Code = "conflict"     // another request is in the way; later may do
	CodeNoIdentity  Code = "unauthorized" // the asker has not shown who they are
	CodeForbidden   Code = "forbidden"    // the asker is known, and may not
	CodeTooLarge    Code = "too_large"    // more than a limit allows
	CodeTooMany     Code = "rate_limited" // more often than a limit allows
	CodeFull        Code = "storage_full" // nothing can be stored now; nothing was
	CodeUnavailable Code = "unavailable"  // a part that is needed does not answer
)

// An Error is a refusal that a client may read: its text holds no secret, no path and nothing of the inside. Every other
// error is Belfry's own failure, and goes to the log only.
type Error struct {
	Code   Code
	Detail string       // one sentence: what is wrong and how to mend it
	Fields []FieldError // the fields at fault, in the request's order; may be empty
}

// A FieldError says what is wrong with one field, named by its path in the request: `email.to`, `to[3]`.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error implements error.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Detail
	}
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Message
	}
	return e.Detail + " (" + strings.Join(parts, "; ") + ")"
}

// Is makes errors.Is compare by code, so that `errors.Is(err, belfry.ErrNotFound)` holds for every CodeUnknown error.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Errorf returns an Error of a code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Invalid returns the refusal of the named fields.
func Invalid(fields ...FieldError) *Error {
	return &Error{Code: CodeInvalid, Detail: "The request is not valid; see errors.", Fields: fields}
}

// What stores answer. Compare with errors.Is.
var (
	// ErrNotFound: there is no such notification, user, delivery or key, or it belongs to somebody else.
	ErrNotFound = Errorf(CodeUnknown, "There is no such thing here.")
	// ErrFull: the disk or the database's quota is full. The refused transaction left no trace.
	ErrFull = Errorf(CodeFull, "The server's storage is full: nothing was stored. Free space and send again.")
	// ErrKeyReused: the idempotency key was used with another body.
	ErrKeyReused = Invalid(FieldError{"Idempotency-Key", "was used before with another body; use a new key for a new request"})
)
