package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/internal/stream"
)

// Config is what an [API] is made of.
type Config struct {
	Service        *notify.Service              // required
	Hub            *stream.Hub                  // required
	Auth           *auth.Authenticator          // required
	Watches        *auth.Watches                // over streams by logins that may end; nil: nobody looks
	Ready          func(context.Context) error  // says why requests cannot be served now; required
	Warning        func(context.Context) string // what is wrong while they are served; nil: nothing ever is
	AllowedOrigins []string                     // see server.Config
	Limits         *limit.Limiter               // nil: there are none
	MaxURL         int                          // bytes of a request's path and query; 0: DefaultURL
	MaxBody        int                          // bytes of its body, at most belfry.MaxBody, which 0 is
	Proxies        limit.Proxies                // who is believed to say for whom they ask
	Metrics        http.Handler                 // nil: there is no /metrics
	Script         []byte                       // /belfry.js; empty: there is none
	Parts          fs.FS                        // what the script loads where it is wanted, /api/v1/parts/{name}; nil: there is nothing
	Tokens         Tokens                       // of the links to unsubscribe; nil: there is no page for them
	Version        string                       // shown by /healthz
	Logger         *slog.Logger                 // nil: silent

	// Observe is told of every request when it is over, by the route's pattern, never by the path. nil: nobody is.
	Observe func(method, route string, status int, took time.Duration)
}

// An API is an [http.Handler] that speaks the wire contract. Safe for use by several goroutines at once.
type API struct {
	Config
	table   table
	csrf    *http.CrossOriginProtection
	origins map[string][]string // an allowed origin, and itself as a header's value
	headers []header            // of every answer
	strict  strict
	buffers sync.Pool
	openapi func() ([]byte, error)
	script  script
	parts   map[string]script // by file name
	leaving leaving
	behind  sync.Once // of a proxy that nobody named
}

// DefaultURL is how many bytes a path and query may have: a token in a query is the longest thing that belongs there.
const DefaultURL = 8 << 10

// StreamPath is where the stream is, without its trailing slash.
const StreamPath = "/api/v1/notifications/sse/stream"

// routes is the table of contents: who may do what, where. A path stands here without its trailing slash.
func routes() []route {
	const v1 = "/api/v1"
	return []route{
		// From the app's back end.
		{http.MethodPost, v1 + "/notifications", appSend, (*API).send},
		{http.MethodPost, v1 + "/notifications/bulk", appSend, (*API).bulk},
		{http.MethodGet, v1 + "/notifications/{id}", appSend, (*API).receipt},
		{http.MethodDelete, v1 + "/notifications/{id}", appSend, (*API).retract},
		{http.MethodPut, v1 + "/users/{user_id}", appUsers, (*API).putUser},
		{http.MethodGet, v1 + "/users/{user_id}", appUsers, (*API).getUser},
		{http.MethodDelete, v1 + "/users/{user_id}", appUsers, (*API).eraseUser},
		{http.MethodPost, v1 + "/users/{user_id}/tickets", appUsers, (*API).ticket},
		{http.MethodPost, v1 + "/users/{user_id}/revoke", appUsers, (*API).revoke},
		{http.MethodGet, v1 + "/deliveries", appDeliveries, (*API).deliveries},
		{http.MethodGet, v1 + "/deliveries/{id}", appDeliveries, (*API).delivery},
		{http.MethodGet, v1 + "/deliveries/{id}/message", appDeliveries, (*API).deliveryMessage},
		{http.MethodPost, v1 + "/deliveries/{id}/retry", appDeliveries, (*API).retryDelivery},

		// From the browser.
		{http.MethodGet, v1 + "/notifications", person, (*API).list},
		{http.MethodGet, v1 + "/notifications/counts", person, (*API).counts},
		{http.MethodPatch, v1 + "/notifications/{id}", person, (*API).patch},
		{http.MethodPost, v1 + "/notifications/mark", person, (*API).mark},
		{http.MethodGet, v1 + "/notifications/preferences", person, (*API).preferences},
		{http.MethodPut, v1 + "/notifications/preferences", person, (*API).setPreferences},
		{http.MethodPost, v1 + "/notifications/tickets", person, (*API).exchange},
		{http.MethodGet, StreamPath, listener, (*API).stream},
		{http.MethodGet, v1 + "/notifications/sse/status", person, (*API).streamStatus},
		{http.MethodPost, v1 + "/notifications/sse/close", person, (*API).streamClose},

		// For whoever comes by.
		{http.MethodGet, v1 + "/openapi.json", anyone, (*API).spec},
		{http.MethodGet, "/healthz", anyone, (*API).healthz},
		{http.MethodGet, "/readyz", anyone, (*API).readyz},
		{http.MethodGet, "/metrics", anyone, (*API).metrics},
		{http.MethodGet, "/belfry.js", anyone, (*API).belfryScript},
		{http.MethodGet, v1 + "/parts/{name}", anyone, (*API).scriptPart},
		{http.MethodGet, unsubscribePath, anyone, (*API).unsubscribePage},
		{http.MethodPost, unsubscribePath, anyone, (*API).unsubscribe},
	}
}

// New returns an API. It refuses an origin that no browser would send.
func New(c Config) (*API, error) {
	if c.Service == nil || c.Hub == nil || c.Auth == nil || c.Ready == nil {
		return nil, errors.New("api: a service, a hub, an authenticator and a readiness check are required")
	}
	c.MaxURL, c.MaxBody = cmp.Or(c.MaxURL, DefaultURL), cmp.Or(c.MaxBody, belfry.MaxBody)
	if c.MaxURL < 0 || c.MaxBody < 0 || c.MaxBody > belfry.MaxBody {
		return nil, fmt.Errorf("the limits of URLs and bodies are %d and %d bytes: give positive numbers, and for bodies at most %d", c.MaxURL, c.MaxBody, belfry.MaxBody)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(string, string, int, time.Duration) {}
	}
	a := &API{Config: c, headers: securityHeaders(), strict: newStrict(), openapi: sync.OnceValues(specJSON)}
	a.buffers.New = func() any { return new([]byte) }
	var err error
	if a.origins, a.csrf, err = allowOrigins(c.AllowedOrigins); err != nil {
		return nil, err
	}
	if a.script, err = newScript(c.Script); err != nil {
		return nil, fmt.Errorf("compress the script: %w", err)
	}
	if a.parts, err = newParts(c.Parts); err != nil {
		return nil, fmt.Errorf("compress the parts of the script: %w", err)
	}
	if a.leaving, err = newLeaving(); err != nil {
		return nil, fmt.Errorf("read the page to unsubscribe: %w", err)
	}
	a.table = newTable(routes())
	return a, nil
}
