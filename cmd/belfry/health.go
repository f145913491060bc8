package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

// healthPatience is longer than the server gives its database to answer.
const healthPatience = 4 * time.Second

type healthCmd struct {
	config.Remote
}

// Run asks whether a server can serve, and fails when it cannot: for containers that hold nothing to ask with but this program.
// It goes by no proxy: what is asked is this server and no other.
func (c *healthCmd) Run(ctx context.Context, p *program) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(c.URL)+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return fmt.Errorf("%w; is a server running at %s? (BELFRY_URL or --server)", err, c.URL)
	}
	defer resp.Body.Close() //nolint:errcheck // what matters was read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s answers /readyz with %d; its log says why", c.URL, resp.StatusCode)
	}
	var ready struct{ Status, Warning string }
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 64<<10)).Decode(&ready); err != nil || ready.Status != "ready" {
		return fmt.Errorf("what answers at %s is not Belfry; name the server as BELFRY_URL or --server", c.URL)
	}
	p.printf("ready\n")
	if ready.Warning != "" {
		p.tell("belfry: %s", ready.Warning)
	}
	return nil
}
