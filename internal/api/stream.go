package api

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// maxBatch is the longest a stream may gather before a write, in milliseconds.
const maxBatch = 1000

// stream is GET /api/v1/notifications/sse/stream/.
func (a *API) stream(c *call) error {
	if c.r.Method == http.MethodHead || !acceptsStream(c.r.Header.Values("Accept")) {
		return errNoStream
	}
	q, err := newQuery(c)
	if err != nil {
		return err
	}
	batch := q.number("batch", 0, 0, maxBatch)
	req := stream.Request{
		User: c.who.User, Mark: c.mark, ExpiresAt: c.who.Deadline(), Batch: time.Duration(batch) * time.Millisecond, Named: q.flag("named"),
		LastEventID: c.r.Header.Get("Last-Event-ID"), IP: a.ip(c), UserAgent: c.r.UserAgent(),
	}
	if given := q.get("last_event_id"); req.LastEventID == "" {
		req.LastEventID = given
	}
	if err := q.err(); err != nil {
		return err
	}
	if !strings.HasSuffix(req.LastEventID, belfry.StopSuffix) && !a.limitStream(c) {
		// In the stream itself, for a browser's own EventSource takes any other status for the end of everything.
		a.Hub.Refuse(c, c.r, req, belfry.CloseLimit)
		return nil
	}
	return a.serveStream(c, req)
}

// serveStream has a stream's login looked at again for as long as it is open: until the hub says that it has ended, which may
// be long after Serve has returned.
func (a *API) serveStream(c *call, req stream.Request) error {
	if c.who.Login == nil || a.Watches == nil {
		return a.Hub.Serve(c, c.r, req)
	}
	req.ID, req.Watched = stream.NewConnectionID(), true
	a.Watches.Open(c.who, req.ID) // before it opens: it may end at once
	err := a.Hub.Serve(c, c.r, req)
	if err != nil || !a.open(req) {
		a.Watches.Ended(req.ID) // one that was refused never opened, and nobody is told of its end
	}
	return err
}

// open reports whether a stream is open on this node.
func (a *API) open(req stream.Request) bool {
	id := req.ID.String()
	return slices.ContainsFunc(a.Hub.Status(req.User).Connections, func(s stream.ConnectionStatus) bool { return s.ID == id })
}

// acceptsStream reports whether a client takes an event stream, by what it says it accepts; saying nothing is accepting
// everything.
func acceptsStream(accept []string) bool {
	named := false
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		named = true
		t, params, err := mime.ParseMediaType(part)
		if err != nil || t != "text/event-stream" && t != "text/*" && t != "*/*" {
			continue
		}
		if q, err := strconv.ParseFloat(params["q"], 64); err != nil || q > 0 {
			return true
		}
	}
	return !named
}

// ip is the address of whoever asks, for people to read; empty when it is not known.
func (a *API) ip(c *call) string {
	if addr := a.from(c).Addr; addr.IsValid() {
		return addr.String()
	}
	return ""
}

// streamStatus is GET /api/v1/notifications/sse/status/.
func (a *API) streamStatus(c *call) error {
	b, err := json.Marshal(a.Hub.StatusAcross(c.ctx(), c.who.User))
	if err != nil {
		return fmt.Errorf("encode stream status: %w", err)
	}
	return c.answer(http.StatusOK, b)
}

// streamClose is POST /api/v1/notifications/sse/close/.
func (a *API) streamClose(c *call) error {
	var body struct {
		ConnectionID *string `json:"connection_id"`
	}
	if err := a.readOptional(c, &body); err != nil {
		return err
	}
	connection := ""
	if body.ConnectionID != nil {
		if connection = *body.ConnectionID; connection == "" {
			return belfry.Invalid(belfry.FieldError{Field: "connection_id", Message: "is empty; leave it out to close all streams"})
		}
	}
	closed, whole := a.Hub.HangupAcross(c.ctx(), c.who.User, connection, belfry.CloseClosed)
	a.Service.Hangup(c.ctx(), c.who.User, connection) // for nodes that were not asked, or did not hear
	return c.answer(http.StatusOK, append(appendClosed(closed, whole), '}'))
}

// appendClosed begins the answer that says how many streams were closed; not whole: a node did not say.
func appendClosed(closed int, whole bool) []byte {
	b := strconv.AppendInt([]byte(`{"status":"success","closed":`), int64(closed), 10)
	if !whole {
		b = append(b, `,"partial":true`...)
	}
	return b
}
