package stream

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/belfryhq/belfry"
)

// Others are the other nodes of a cluster. Package peers has them.
type Others interface {
	// Ask asks all of them and returns their answers, in no order; not whole: one did not answer in time.
	Ask(ctx context.Context, what string, body []byte) (answers [][]byte, whole bool)

	// Others returns how many there are, as far as is known.
	Others() int
}

// What hubs ask each other.
const (
	askStatus = "stream.status"
	askCount  = "stream.count"
	askClose  = "stream.close"
)

// An asking is a question of another hub.
type asking struct {
	User       string             `json:"user"`
	Connection string             `json:"connection,omitempty"` // of askClose: one alone
	Reason     belfry.CloseReason `json:"reason,omitempty"`     // of askClose
}

// A telling is the answer.
type telling struct {
	Count  int     `json:"count"`            // how many there are, or were closed
	Status *Status `json:"status,omitempty"` // of askStatus
}

// Answer answers a question of another node's hub; what it does not understand has an empty answer. It does not block.
func (h *Hub) Answer(what string, body []byte) []byte {
	var a asking
	if json.Unmarshal(body, &a) != nil {
		return nil
	}
	var t telling
	switch what {
	case askStatus:
		t.Status = new(h.Status(a.User))
	case askCount:
		if topic := h.topic(a.User); topic != nil {
			t.Count = topic.count()
		}
	case askClose:
		h.cfg.First(belfry.Ring{User: a.User, Hangup: belfry.Hangup{Reason: a.Reason, Connection: a.Connection}})
		t.Count = h.Hangup(a.User, a.Connection, a.Reason)
	default:
		return nil
	}
	b, err := json.Marshal(t)
	if err != nil {
		return nil
	}
	return b
}

// ask asks the other hubs. An answer that cannot be read is none.
func (h *Hub) ask(ctx context.Context, what string, a asking) (all []telling, whole bool) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, false
	}
	answers, whole := h.cfg.Others.Ask(ctx, what, body)
	for _, b := range answers {
		var t telling
		if json.Unmarshal(b, &t) != nil {
			whole = false
			continue
		}
		all = append(all, t)
	}
	return all, whole
}

// StatusAcross reports a person's streams on all nodes.
func (h *Hub) StatusAcross(ctx context.Context, user string) Status {
	s := h.Status(user)
	if h.cfg.Others == nil {
		return s
	}
	all, whole := h.ask(ctx, askStatus, asking{User: user})
	s.Partial = !whole
	for _, t := range all {
		if t.Status == nil {
			s.Partial = true
			continue
		}
		s.Connections = append(s.Connections, t.Status.Connections...)
		s.EventCount += t.Status.EventCount
		if t.Status.LastUpdate.After(s.LastUpdate.Time) {
			s.LastUpdate = t.Status.LastUpdate
		}
	}
	slices.SortStableFunc(s.Connections, func(a, b ConnectionStatus) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	s.IsConnected = len(s.Connections) > 0
	return s
}

// HangupAcross is Hangup on all nodes. Not whole: a node did not say in time how many it closed; it may close them all the
// same.
func (h *Hub) HangupAcross(ctx context.Context, user, connection string, why belfry.CloseReason) (closed int, whole bool) {
	closed = h.Hangup(user, connection, why)
	if h.cfg.Others == nil || connection != "" && closed > 0 { // there is no second of its name
		return closed, true
	}
	all, whole := h.ask(ctx, askClose, asking{User: user, Connection: connection, Reason: why})
	for _, t := range all {
		closed += t.Count
	}
	if connection != "" && closed > 0 {
		whole = true
	}
	return closed, whole
}

// elsewhere counts a person's streams on other nodes; a node that does not answer has none.
func (h *Hub) elsewhere(ctx context.Context, user string) (n int) {
	all, _ := h.ask(ctx, askCount, asking{User: user})
	for _, t := range all {
		n += t.Count
	}
	return n
}
