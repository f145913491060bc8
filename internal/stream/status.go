package stream

import (
	"time"

	"github.com/belfryhq/belfry"
)

// A Moment is a time in the wire's form: RFC 3339, UTC, milliseconds; null when zero.
type Moment struct{ time.Time }

// MarshalJSON implements [encoding/json.Marshaler].
func (m Moment) MarshalJSON() ([]byte, error) { return belfry.AppendTime(nil, m.Time), nil }

// Status is what a person can see of their streams, in the words of the wire.
type Status struct {
	UserID      string             `json:"user_id"`
	IsConnected bool               `json:"is_connected"`
	Connections []ConnectionStatus `json:"connections"` // oldest first; never nil

	// LastUpdate is when a stream of this person was last given an event: a notification, an update, a delete or a
	// reset. EventCount counts them, once for each stream. Both begin with the oldest of the streams that overlap up
	// to now, and are null and 0 when none is open.
	LastUpdate Moment `json:"last_update"`
	EventCount int64  `json:"event_count"`

	// ConnectionTimeout is after how many seconds without a byte a client should take the stream for dead.
	ConnectionTimeout int `json:"connection_timeout"`
	HeartbeatInterval int `json:"heartbeat_interval"` // seconds

	// Partial says that a node did not answer in time, so that its streams are left out.
	Partial bool `json:"partial,omitzero"`
}

// A ConnectionStatus is one stream.
type ConnectionStatus struct {
	ID        string `json:"id"`
	OpenedAt  Moment `json:"opened_at"`
	Transport string `json:"transport"`
	Cursor    string `json:"cursor"`
	Lag       int64  `json:"lag"` // entries of the log that it has not been given yet
	UserAgent string `json:"user_agent"`
	IP        string `json:"ip"`
	Node      string `json:"node,omitzero"` // which carries it; empty where there is one alone
}

// Stats are plain numbers for metrics. Those up to Topics are of the moment, the others count from the start.
type Stats struct {
	Connections int64 // open streams
	Parked      int64 // of these, with a loop; those that are joining are neither
	Portable    int64 // of these, with a goroutine of their own
	Jammed      int64 // of the parked, whose socket is full: their readers have stopped, or are slow
	Lingering   int64 // people whose last one has ended lately, and of whom all is still known
	Topics      int64 // people with at least one
	Opened      int64 // streams accepted
	Frames      int64 // SSE events given, of every kind
	Bytes       int64 // handed to the network, before the framing of HTTP
	Writes      int64 // each is one flush
	StoreReads  int64 // pages read from the store
	StoreErrors int64 // of which failed
	Holes       int64 // holes in the numbers that rings did not fill in time
	Heartbeats  int64
	Resets      map[belfry.Reset]int64
	Closes      map[belfry.CloseReason]int64 // streams that the server ended or refused, by the reason told
}
