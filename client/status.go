package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Status is what the server knows of the person's streams.
type Status struct {
	User              string       `json:"user_id"`
	Connected         bool         `json:"is_connected"`
	Connections       []Connection `json:"connections"`
	LastUpdate        time.Time    `json:"last_update"` // zero: no event was given yet
	EventCount        int64        `json:"event_count"`
	ConnectionTimeout float64      `json:"connection_timeout"` // seconds
	HeartbeatInterval float64      `json:"heartbeat_interval"` // seconds
}

// A Connection is one open stream.
type Connection struct {
	ID        string    `json:"id"`
	OpenedAt  time.Time `json:"opened_at"`
	Transport string    `json:"transport"`
	Cursor    string    `json:"cursor"`
	Lag       int64     `json:"lag"` // entries that it has yet to be given
	UserAgent string    `json:"user_agent"`
	IP        string    `json:"ip"`
}

// Status returns what the server knows of the person's streams.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var out Status
	if err := c.do(ctx, &call{as: person, method: http.MethodGet, path: "/notifications/sse/status/", out: &out}); err != nil {
		return Status{}, fmt.Errorf("get stream status: %w", err)
	}
	return out, nil
}

// CloseStreams ends the person's stream of that connection id, or all of them when it is empty, and returns how many it
// ended. Streams so ended do not come back by themselves.
func (c *Client) CloseStreams(ctx context.Context, connection string) (int, error) {
	q := call{as: person, method: http.MethodPost, path: "/notifications/sse/close/"}
	if connection != "" {
		q.in = map[string]string{"connection_id": connection}
	}
	var out struct {
		Closed int `json:"closed"`
	}
	q.out = &out
	if err := c.do(ctx, &q); err != nil {
		return 0, fmt.Errorf("close streams: %w", err)
	}
	return out.Closed, nil
}
