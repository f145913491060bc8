package stream_test

import (
	"encoding/json"
	"fmt"

	"github.com/belfryhq/belfry/internal/sse"
)

// word tells an event shortly, so that a test reads like the stream.
func word(e sse.Event) string {
	var d struct {
		Title   string  `json:"title"`
		ReadAt  *string `json:"read_at"`
		Unread  int     `json:"unread"`
		Unseen  int     `json:"unseen"`
		Reason  string  `json:"reason"`
		Resumed bool    `json:"resumed"`
	}
	if err := json.Unmarshal([]byte(e.Data), &d); err != nil {
		return "not JSON: " + e.Data
	}
	switch e.Name {
	case "message", "notification":
		return e.Name + " " + d.Title
	case "update":
		if d.ReadAt != nil {
			return "update " + d.Title + " read"
		}
		return "update " + d.Title
	case "counts":
		return fmt.Sprintf("counts %d %d", d.Unread, d.Unseen)
	case "connection":
		if d.Resumed {
			return fmt.Sprintf("resumed %d %d", d.Unread, d.Unseen)
		}
		return fmt.Sprintf("connection %d %d", d.Unread, d.Unseen)
	case "reset", "close":
		return e.Name + " " + d.Reason
	default:
		return e.Name
	}
}
