package stream

import (
	"net/http"
	"strings"

	"github.com/belfryhq/belfry"
)

// Serve answers a stream request. A parked stream goes on after Serve has returned; a portable one ends with it. The
// caller may set headers before, and must not touch the answer afterwards. It returns an error only when nothing was
// written yet (the store does not answer), for the caller to answer instead.
//
// A LastEventID that ends in -x is answered 204: the client was told to stay away. Over a cap, or while the hub closes,
// the answer is a stream of one close event.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, q Request) error {
	if strings.HasSuffix(q.LastEventID, belfry.StopSuffix) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if q.ID.IsZero() {
		q.ID = NewConnectionID()
	}
	if l := h.lot.loop(w, r); l != nil {
		return h.park(l, w, r, &q)
	}
	return h.carry(w, r, &q)
}

// Refuse answers a stream request with a stream that is over before it begins, for a reason such as CloseLimit.
func (h *Hub) Refuse(w http.ResponseWriter, r *http.Request, q Request, why belfry.CloseReason) {
	newPortable(h, w).refuse(r, &q, why)
}

// describe sets the headers of a stream.
func describe(head http.Header, r *http.Request) {
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-cache, no-transform")
	head.Set("X-Accel-Buffering", "no")
	if r.ProtoMajor == 1 {
		// Nothing can follow a stream: kept alive, the connection would carry the last write's deadline into the next request.
		head.Set("Connection", "close")
	}
}
