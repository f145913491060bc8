package client

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
)

// A Kind says what an [Event] of a stream is.
type Kind string

// The kinds. A stream of a newer server may have others, whose Data is all that is known of them.
const (
	Connected    Kind = "connection"   // the first of each connection: Connection and Counts are set
	Notification Kind = "message"      // a new notification: Notification is set
	Updated      Kind = "update"       // its state changed: Notification is set
	Deleted      Kind = "delete"       // it is gone: its ID is set
	Counted      Kind = "counts"       // Counts is set
	Heartbeat    Kind = "heartbeat"    // the stream lives
	Reset        Kind = "reset"        // the place to resume from is lost: load the list again; Reason is set
	Reauth       Kind = "reauth"       // the token runs out soon; Stream gets the next one by itself
	Closed       Kind = "close"        // the server ends this connection: Reason is set
	named        Kind = "notification" // what Notification is called on a stream with ?named=1
)

// An Event is one event of a stream, with its Data read into the fields that its Kind names.
type Event struct {
	Kind         Kind
	Cursor       string          // the place in the log as of this event; a later stream may resume from it
	Data         json.RawMessage // as it came
	Notification *belfry.Notification
	ID           belfry.ID
	Counts       *belfry.Counts
	Connection   *StreamConnection
	Reason       string
}

// A StreamConnection is what the server says first.
type StreamConnection struct {
	ID                string  `json:"connection_id"`
	User              string  `json:"user_id"`
	HeartbeatInterval float64 `json:"heartbeat_interval"` // seconds
	Resumed           bool    `json:"resumed"`            // continues from the cursor that was given
}

// decodeEvent reads the data of an event.
func decodeEvent(e sse.Event) (Event, error) {
	out := Event{Kind: Kind(e.Name), Cursor: e.ID, Data: json.RawMessage(e.Data)}
	var into any
	var reason struct {
		Reason string `json:"reason"`
	}
	var id struct {
		ID belfry.ID `json:"id"`
	}
	switch out.Kind {
	case Notification, named, Updated:
		if out.Kind == named {
			out.Kind = Notification
		}
		out.Notification = new(belfry.Notification)
		into = out.Notification
	case Connected:
		out.Connection, out.Counts = new(StreamConnection), new(belfry.Counts)
		if err := json.Unmarshal(out.Data, out.Counts); err != nil {
			return out, fmt.Errorf("read %q event: %w", e.Name, err)
		}
		into = out.Connection
	case Counted:
		out.Counts = new(belfry.Counts)
		into = out.Counts
	case Deleted:
		into = &id
	case Reset, Closed:
		into = &reason
	case Heartbeat, Reauth:
		return out, nil
	default:
		return out, nil
	}
	if err := json.Unmarshal(out.Data, into); err != nil {
		return out, fmt.Errorf("read %q event: %w", e.Name, err)
	}
	out.ID, out.Reason = id.ID, reason.Reason
	if out.Notification != nil {
		out.ID = out.Notification.ID
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
