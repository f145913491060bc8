package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/belfryhq/belfry"
)

type preferencesBody struct {
	Categories belfry.Preferences `json:"categories"`
}

// Preferences returns the person's preferences, empty when they have none.
func (c *Client) Preferences(ctx context.Context) (belfry.Preferences, error) {
	var out preferencesBody
	if err := c.do(ctx, &call{as: person, method: http.MethodGet, path: "/notifications/preferences/", out: &out}); err != nil {
		return nil, fmt.Errorf("get preferences: %w", err)
	}
	return out.Categories, nil
}

// SetPreferences replaces the person's preferences and returns what is stored.
func (c *Client) SetPreferences(ctx context.Context, p belfry.Preferences) (belfry.Preferences, error) {
	if p == nil {
		p = belfry.Preferences{}
	}
	var out preferencesBody
	in := preferencesBody{Categories: p}
	if err := c.do(ctx, &call{as: person, method: http.MethodPut, path: "/notifications/preferences/", in: in, out: &out}); err != nil {
		return nil, fmt.Errorf("set preferences: %w", err)
	}
	return out.Categories, nil
}
