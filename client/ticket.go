package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// A Ticket lets a person in once, by `?ticket=` in an address.
type Ticket struct {
	Ticket    string    `json:"ticket"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Ticket makes a one-time ticket for a person, good for a minute.
func (c *Client) Ticket(ctx context.Context, user string) (Ticket, error) {
	var out Ticket
	if err := c.do(ctx, &call{method: http.MethodPost, path: userPath(user) + "tickets/", out: &out}); err != nil {
		return Ticket{}, fmt.Errorf("make ticket for %.80q: %w", user, err)
	}
	return out, nil
}

// Exchange makes a one-time ticket for the person of the client's token, so that a page can open a stream without the token in an
// address. What it opens ends with the token. The server refuses everything that is no JWT with a belfry.CodeForbidden error.
func (c *Client) Exchange(ctx context.Context) (Ticket, error) {
	var out Ticket
	if err := c.do(ctx, &call{as: person, method: http.MethodPost, path: "/notifications/tickets/", out: &out}); err != nil {
		return Ticket{}, fmt.Errorf("exchange the token for a ticket: %w", err)
	}
	return out, nil
}
