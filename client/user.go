package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/belfryhq/belfry"
)

// userPath escapes an id for a path. A dot alone is escaped too: proxies and clients fold `/./` and `/../` away.
func userPath(id string) string {
	switch id {
	case ".":
		id = "%2E"
	case "..":
		id = "%2E%2E"
	default:
		id = url.PathEscape(id)
	}
	return "/users/" + id + "/"
}

// PutUser stores what the app says of a person, replacing all that it said before, and returns what is stored.
func (c *Client) PutUser(ctx context.Context, u belfry.User) (belfry.User, error) {
	in := struct {
		Email    string `json:"email,omitempty"`
		Name     string `json:"name,omitempty"`
		Locale   string `json:"locale,omitempty"`
		Timezone string `json:"timezone,omitempty"`
		Data     any    `json:"data,omitempty"`
	}{Email: u.Email, Name: u.Name, Locale: u.Locale, Timezone: u.Timezone}
	if len(u.Data) > 0 {
		in.Data = u.Data
	}
	var out userBody
	if err := c.do(ctx, &call{method: http.MethodPut, path: userPath(u.ID), in: in, out: &out}); err != nil {
		return belfry.User{}, fmt.Errorf("put user %.80q: %w", u.ID, err)
	}
	return out.user(u.ID), nil
}

// User returns what is known of a person; belfry.ErrNotFound when nothing is.
func (c *Client) User(ctx context.Context, id string) (belfry.User, error) {
	var out userBody
	if err := c.do(ctx, &call{method: http.MethodGet, path: userPath(id), out: &out}); err != nil {
		return belfry.User{}, fmt.Errorf("get user %.80q: %w", id, err)
	}
	return out.user(id), nil
}

// A userBody is the wire form, in which the id may be left to the path.
type userBody belfry.User

func (b *userBody) user(id string) belfry.User {
	u := belfry.User(*b)
	u.ID = id
	return u
}

// EraseUser removes a person and all that belongs to them; belfry.ErrNotFound when nothing is known of them.
func (c *Client) EraseUser(ctx context.Context, id string) error {
	if err := c.do(ctx, &call{method: http.MethodDelete, path: userPath(id)}); err != nil {
		return fmt.Errorf("erase user %.80q: %w", id, err)
	}
	return nil
}
