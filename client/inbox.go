package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/belfryhq/belfry"
)

// A Query chooses a page of an inbox. The zero Query is the newest notifications that are not archived.
type Query struct {
	Filter   belfry.Filter
	Category string // this category and those below it; empty: every category
	Before   string // Next of the page before this one
	After    string // a place: only what was created after it
	Limit    int    // 0: as many as the server gives by itself
}

func (q Query) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"state": string(q.Filter), "category": q.Category, "before": q.Before, "after": q.After} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// A Page is a piece of an inbox, newest first. Its rows, counts and cursor are of one moment: a stream that starts from
// Cursor continues exactly where Results end.
type Page struct {
	belfry.Counts
	Results []belfry.Notification `json:"results"`
	Next    string                `json:"next"` // Before of the following page; empty when this is the last
	Cursor  string                `json:"cursor"`
}

// List returns a page of the person's inbox.
func (c *Client) List(ctx context.Context, q Query) (Page, error) {
	var out Page
	if err := c.do(ctx, &call{as: person, method: http.MethodGet, path: "/notifications/", query: q.values(), out: &out}); err != nil {
		return Page{}, fmt.Errorf("list notifications: %w", err)
	}
	return out, nil
}

// Counts are what the badge shows, with the place in the log at which they hold.
type Counts struct {
	belfry.Counts
	Cursor string `json:"cursor"`
}

// Counts returns the person's counts.
func (c *Client) Counts(ctx context.Context) (Counts, error) {
	var out Counts
	if err := c.do(ctx, &call{as: person, method: http.MethodGet, path: "/notifications/counts/", out: &out}); err != nil {
		return Counts{}, fmt.Errorf("get counts: %w", err)
	}
	return out, nil
}

// Patch changes the states of one notification and returns it; belfry.ErrNotFound when the person has none of that id.
func (c *Client) Patch(ctx context.Context, id belfry.ID, set belfry.StateChange) (belfry.Notification, error) {
	in := struct {
		Seen     *bool `json:"seen,omitempty"`
		Read     *bool `json:"read,omitempty"`
		Archived *bool `json:"archived,omitempty"`
	}{set.Seen, set.Read, set.Archived}
	var out belfry.Notification
	if err := c.do(ctx, &call{as: person, method: http.MethodPatch, path: "/notifications/" + id.String() + "/", in: in, out: &out}); err != nil {
		return belfry.Notification{}, fmt.Errorf("change notification %v: %w", id, err)
	}
	return out, nil
}

// A State is what Mark sets.
type State string

// The states.
const (
	Seen     State = "seen"
	Read     State = "read"
	Archived State = "archived"
)

// Marked is what a mark did.
type Marked struct {
	Counts
	Changed int64 `json:"changed"` // how many were not in that state before
}

type markBody struct {
	State    State       `json:"state"`
	IDs      []belfry.ID `json:"ids,omitempty"`
	All      bool        `json:"all,omitempty"`
	Category string      `json:"category,omitempty"`
}

// Mark sets a state on the named notifications; those that are not in the inbox are passed over.
func (c *Client) Mark(ctx context.Context, state State, ids ...belfry.ID) (Marked, error) {
	if len(ids) == 0 {
		return Marked{}, errors.New("mark notifications: no id is given; MarkAll marks all of them")
	}
	return c.mark(ctx, markBody{State: state, IDs: ids})
}

// MarkAll sets a state on all notifications of a category and those below it, or on all when it is empty.
func (c *Client) MarkAll(ctx context.Context, state State, category string) (Marked, error) {
	return c.mark(ctx, markBody{State: state, All: true, Category: category})
}

func (c *Client) mark(ctx context.Context, in markBody) (Marked, error) {
	var out Marked
	if err := c.do(ctx, &call{as: person, method: http.MethodPost, path: "/notifications/mark/", in: in, out: &out}); err != nil {
		return Marked{}, fmt.Errorf("mark notifications: %w", err)
	}
	return out, nil
}
