package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/belfryhq/belfry"
)

// A refusal is an error with a status that no [belfry.Code] has: it concerns HTTP alone.
type refusal struct {
	status int
	detail string
}

// Error implements error.
func (e *refusal) Error() string { return e.detail }

var (
	errNoPath    = &refusal{http.StatusNotFound, "There is nothing at this path."}
	errMethod    = &refusal{http.StatusMethodNotAllowed, "This path does not take this method; see the Allow header."}
	errMediaType = &refusal{http.StatusUnsupportedMediaType, "The body must be JSON: send it with Content-Type: application/json."}
	errNoStream  = &refusal{http.StatusNotAcceptable, "This is an event stream: ask with GET and Accept: text/event-stream."}
)

func statusOf(code belfry.Code) int {
	switch code {
	case belfry.CodeInvalid:
		return http.StatusUnprocessableEntity
	case belfry.CodeMalformed:
		return http.StatusBadRequest
	case belfry.CodeUnknown:
		return http.StatusNotFound
	case belfry.CodeConflict:
		return http.StatusConflict
	case belfry.CodeNoIdentity:
		return http.StatusUnauthorized
	case belfry.CodeForbidden:
		return http.StatusForbidden
	case belfry.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case belfry.CodeTooMany:
		return http.StatusTooManyRequests
	case belfry.CodeFull:
		return http.StatusInsufficientStorage
	case belfry.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// A problem is what a client is told of an error (RFC 9457).
type problem struct {
	status int
	detail string
	fields []belfry.FieldError
}

// problemOf makes the status. What is not meant for the client is told in general words.
func problemOf(err error) problem {
	if e, ok := errors.AsType[*refusal](err); ok {
		return problem{status: e.status, detail: e.detail}
	}
	if e, ok := errors.AsType[*belfry.Error](err); ok {
		return problem{statusOf(e.Code), e.Detail, e.Fields}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return problem{status: http.StatusServiceUnavailable, detail: "The request was given up before it was done. Send it again."}
	}
	return problem{status: http.StatusInternalServerError, detail: "Something went wrong here. The log has it under this X-Request-Id."}
}

// append writes the problem's members, without the braces.
func (p problem) append(b []byte) []byte {
	b = belfry.AppendString(append(b, `"type":"about:blank","title":`...), http.StatusText(p.status))
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.status), 10)
	b = belfry.AppendString(append(b, `,"detail":`...), p.detail)
	if p.status != http.StatusUnprocessableEntity {
		return b
	}
	b = append(b, `,"errors":[`...)
	for i, f := range p.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = belfry.AppendString(append(b, `{"field":`...), f.Field)
		b = append(belfry.AppendString(append(b, `,"message":`...), f.Message), '}')
	}
	return append(b, ']')
}

// retrySoon is the Retry-After of a 503, in seconds: about what it takes to start a part again.
const retrySoon = "5"

// fail answers with a problem, as far as nothing was answered yet.
func (a *API) fail(c *call, err error) {
	p := problemOf(err)
	a.logFailure(c, err, p.status)
	if c.status != 0 {
		return
	}
	h := c.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if t, ok := errors.AsType[*tooMany](err); ok {
		h.Set("Retry-After", t.retryAfter())
	}
	if p.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="belfry"`)
	}
	if p.status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", retrySoon)
	}
	c.WriteHeader(p.status)
	_, _ = c.Write(append(p.append(append(make([]byte, 0, 256), '{')), '}'))
}

// logFailure tells the operator what is Belfry's own failure, in full.
func (a *API) logFailure(c *call, err error, status int) {
	if status < http.StatusInternalServerError || c.ctx().Err() != nil || !a.Logger.Enabled(c.ctx(), slog.LevelError) {
		return
	}
	a.log(c, slog.LevelError, "request failed",
		slog.String("request_id", c.id), slog.String("method", c.r.Method), slog.String("path", c.path()),
		slog.Int("status", status), slog.String("error", err.Error()))
}
