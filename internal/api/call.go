package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
)

// A call is one request and its answer. It is the ResponseWriter that its handler sees, so that the status is known.
type call struct {
	http.ResponseWriter
	r        *http.Request
	id       string // the request's
	route    string // the pattern of its path; empty: none
	variable string // the value of the variable in its path
	public   bool   // anyone may
	who      auth.Principal
	mark     uint64 // of the hub, from before it was known who it is
	status   int    // 0: nothing was written yet
	begun    time.Time
	source   limit.Source // where it comes from, once placed is set
	placed   bool
}

// WriteHeader implements [http.ResponseWriter].
func (c *call) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (c *call) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *call) ctx() context.Context { return c.r.Context() }

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w, r: r, id: requestID(r), begun: time.Now()}
	h := w.Header()
	for i := range a.headers {
		h[a.headers[i].name] = a.headers[i].value
	}
	h["X-Request-Id"] = []string{c.id}
	a.crossOrigin(c)
	defer a.finish(c)
	if err := a.serve(c); err != nil {
		a.fail(c, err)
	}
}

// finish accounts for a call, also when its handler panicked.
func (a *API) finish(c *call) {
	p := recover()
	if p != nil {
		begun := c.status != 0
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			a.fail(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
		if begun {
			// Half an answer must not look like a whole one: this makes net/http cut the connection.
			defer panic(http.ErrAbortHandler)
		}
	}
	if c.status == 0 {
		c.status = http.StatusOK // net/http answers so for a handler that wrote nothing
	}
	took := time.Since(c.begun)
	a.Observe(c.r.Method, c.route, c.status, took)
	level := slog.LevelInfo
	if c.public || c.status == http.StatusTooManyRequests { // a flood must not fill the log as well
		level = slog.LevelDebug
	}
	if a.Logger.Enabled(c.ctx(), level) {
		a.log(c, level, "request",
			slog.String("request_id", c.id), slog.String("method", c.r.Method), slog.String("path", c.path()),
			slog.Int("status", c.status), slog.Duration("took", took), slog.String("principal", c.who.Kind.String()),
			slog.String("ip", a.ip(c)))
	}
}

// log writes a line of a level that is enabled. It does not ask the runtime where it was called, which is always here and costs
// as much as the line.
func (a *API) log(c *call, level slog.Level, message string, attrs ...slog.Attr) {
	r := slog.NewRecord(time.Now(), level, message, 0)
	r.AddAttrs(attrs...)
	_ = a.Logger.Handler().Handle(c.ctx(), r)
}

// path is the request's path as it may stand in a log. One that is its own pattern, without a query, has no room for a
// secret, and is the most frequent.
func (c *call) path() string {
	if c.r.URL.RawQuery == "" && (c.r.URL.Path == c.route || c.r.URL.Path == c.route+"/") {
		return c.route
	}
	if c.route == unsubscribePath { // whoever reads the log could use the link
		return c.route
	}
	return auth.RedactURL(c.r.URL)
}

// maxRequestID is the longest X-Request-Id that is taken over.
const maxRequestID = 128

// requestID takes the client's id when it is sane, and makes one otherwise.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= maxRequestID && printable(id) {
		return id
	}
	var b [16]byte
	for i := 0; i < len(b); i += 8 {
		u := rand.Uint64()
		for j := range 8 {
			b[i+j] = byte(u >> (8 * j))
		}
	}
	return hex.EncodeToString(b[:])
}

// printable reports whether s is ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// smallAnswer is the size up to which net/http itself sets Content-Length; a larger answer would be sent in chunks.
const smallAnswer = 2048

const (
	largeAnswer   = 64 << 10         // what may not fit into the buffers on the way, so that a reader who stands still would hold it
	answerTimeout = 30 * time.Second // for such an answer
)

// answer writes a JSON answer.
func (c *call) answer(status int, body []byte) error {
	h := c.Header()
	h.Set("Content-Type", "application/json")
	if len(body) > smallAnswer {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if len(body) > largeAnswer {
		control := http.NewResponseController(c.ResponseWriter)
		if control.SetWriteDeadline(time.Now().Add(answerTimeout)) == nil { // else there is nothing that could stand still
			defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the next answer may be a stream
		}
	}
	c.WriteHeader(status)
	// The client is gone when this fails; there is nobody left to tell.
	_, _ = c.Write(body)
	return nil
}
