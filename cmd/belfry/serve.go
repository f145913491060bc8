package main

import (
	"context"

	"github.com/belfryhq/belfry/internal/config"
)

type serveCmd struct {
	config.Config
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, p *program) error {
	s, err := openService(ctx, p, &c.Config)
	if err != nil {
		return err
	}
	defer s.close()
	key, err := s.firstKey(ctx)
	if err != nil {
		return err
	}
	s.greet(s.browsers(), key)
	return s.run(ctx, s.server)
}
