package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/belfryhq/belfry"
)

// A Server is Belfry behind an [http.Handler]. Make one with [New].
type Server struct {
	handler http.Handler
	metrics http.Handler
	send    func(context.Context, *belfry.Send) (belfry.Accepted, error)
	close   func(context.Context) error
}

// New checks cfg and starts a Server. The error names the field at fault.
func New(cfg Config) (*Server, error) {
	if cfg.Store == nil {
		return nil, errors.New("server: Config.Store is required")
	}
	return nil, errors.New("server: not assembled yet")
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// MetricsHandler serves the metrics in the Prometheus text format, for a listener of its own.
func (s *Server) MetricsHandler() http.Handler { return s.metrics }

// Send sends a notification as POST /api/v1/notifications/ does. It brings send into its normal form, and returns once
// it is durable. A refusal is a [belfry.Error] that names the fields at fault.
func (s *Server) Send(ctx context.Context, send *belfry.Send) (belfry.Accepted, error) {
	return s.send(ctx, send)
}

// Close ends every stream (each client is told when to come back), refuses new ones, stops the upkeep, and returns when
// nothing of the Server runs any more or ctx ends. It does not close a Store or Bus that was handed in. A second Close
// waits for the first and returns the same.
func (s *Server) Close(ctx context.Context) error { return s.close(ctx) }
