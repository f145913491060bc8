package stream

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/belfryhq/belfry"
)

// Status reports a person's streams on this node.
func (h *Hub) Status(user string) Status {
	beat := int(math.Ceil(h.cfg.Heartbeat.Seconds()))
	s := Status{
		UserID: user, Connections: []ConnectionStatus{},
		HeartbeatInterval: beat, ConnectionTimeout: 2*beat + int(timeoutSlack/time.Second),
	}
	t := h.topic(user)
	if t == nil {
		return s
	}
	conns, last, events := t.status()
	if len(conns) > 0 {
		s.IsConnected, s.Connections = true, conns
		s.LastUpdate, s.EventCount = Moment{h.time(last)}, events
	}
	return s
}

// timeoutSlack is what a client should wait beyond two heartbeats: one may be lost on the way, and none is exact.
const timeoutSlack = 10 * time.Second

// Mark returns a place in the order of hang-ups, for [Request.Mark]: take it before the credential is looked at.
func (h *Hub) Mark() uint64 { return h.hungUp.mark() }

// Hangup ends a person's streams on this node (connection empty), or one of them, and returns how many.
func (h *Hub) Hangup(user, connection string, why belfry.CloseReason) (closed int) {
	h.hungUp.note(user, connection, why)
	if t := h.topic(user); t != nil {
		return t.hangup(connection, why)
	}
	return 0
}

// Stats returns the numbers of this node.
func (h *Hub) Stats() Stats {
	s := h.meters.stats()
	s.Connections = h.total.Load()
	return s
}

// Close ends every stream: each is told `drain` with its own jittered retry, and new ones are refused the same way. It
// returns when all handlers have, or with an error when ctx is done first. A second Close waits the same way.
func (h *Hub) Close(ctx context.Context) error {
	h.crowd.Store(h.total.Load())
	h.draining.Store(true)
	h.each(func(t *topic) { t.hangup("", belfry.CloseDrain) })
	unwatch := context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.empty.Broadcast()
	})
	defer unwatch()
	h.mu.Lock()
	left := h.total.Load()
	for ; left > 0 && ctx.Err() == nil; left = h.total.Load() {
		h.empty.Wait()
	}
	h.mu.Unlock()
	h.down.Do(h.stop)
	if left > 0 { // only then: newcomers are counted too, until they are refused
		left = h.total.Load()
	}
	if left > 0 {
		return fmt.Errorf("close %d streams: %w", left, context.Cause(ctx))
	}
	return nil
}
