package api

import (
	"context"
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
)

// healthz is GET /healthz: the process answers.
func (a *API) healthz(c *call) error {
	return c.answer(http.StatusOK, append(belfry.AppendString([]byte(`{"status":"ok","version":`), a.Version), '}'))
}

// readyTimeout is how long store and bus may take to answer; whoever asks, asks again soon.
const readyTimeout = 2 * time.Second

// readyz is GET /readyz: requests can be served.
func (a *API) readyz(c *call) error {
	ctx, cancel := context.WithTimeout(c.ctx(), readyTimeout)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		a.Logger.WarnContext(ctx, "not ready", "request_id", c.id, "error", err)
		return belfry.Errorf(belfry.CodeUnavailable, "Not ready: the log says why.")
	}
	b := []byte(`{"status":"ready"`)
	if a.Warning != nil {
		if w := a.Warning(ctx); w != "" {
			b = belfry.AppendString(append(b, `,"warning":`...), w)
		}
	}
	return c.answer(http.StatusOK, append(b, '}'))
}

// metrics is GET /metrics.
func (a *API) metrics(c *call) error {
	if a.Metrics == nil {
		return errNoPath
	}
	a.Metrics.ServeHTTP(c, c.r)
	return nil
}
