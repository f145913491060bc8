package api

import (
	"strconv"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
)

// A tooMany is the refusal of a call that comes too soon.
type tooMany struct {
	wait   time.Duration // until one is let through
	detail string
}

// Error implements error.
func (e *tooMany) Error() string { return e.detail }

// Unwrap makes it the [belfry.Error] that it is.
func (e *tooMany) Unwrap() error { return belfry.Errorf(belfry.CodeTooMany, "%s", e.detail) }

// retryAfter is in whole seconds (RFC 9110, 10.2.3), none too early.
func (e *tooMany) retryAfter() string {
	return strconv.FormatInt(int64((e.wait+time.Second-1)/time.Second), 10)
}

// limitAddress counts a call from an address.
func (a *API) limitAddress(c *call, kind limit.Kind) error {
	from := a.from(c)
	if from.Crowd {
		a.behind.Do(func() {
			a.Logger.WarnContext(c.ctx(), "requests come by a proxy that BELFRY_TRUSTED_PROXIES does not name: clients cannot be told apart, and limits by address do not hold for them",
				"proxy", c.r.RemoteAddr)
		})
	}
	if wait := a.Limits.From(kind, from, c.begun); wait > 0 {
		return &tooMany{wait, "Too many requests from this address. Wait as long as Retry-After says."}
	}
	return nil
}

// limitCaller counts a call of somebody who is known. Streams count by themselves, see [API.stream].
func (a *API) limitCaller(c *call, who access) error {
	switch {
	case who == listener:
		return nil
	case c.who.Kind == auth.App:
		if wait := a.Limits.Name(limit.Sends, c.who.Key, c.begun); wait > 0 {
			return &tooMany{wait, "Too many requests with this API key. Wait as long as Retry-After says, or send in bulk."}
		}
		return nil
	}
	if err := a.limitAddress(c, limit.Address); err != nil {
		return err
	}
	if wait := a.Limits.Name(limit.Reads, c.who.User, c.begun); wait > 0 {
		return &tooMany{wait, "Too many requests of this person. Wait as long as Retry-After says."}
	}
	return nil
}

// limitStream reports whether a stream may be opened now.
func (a *API) limitStream(c *call) bool {
	return a.limitAddress(c, limit.AddressConnects) == nil && a.Limits.Name(limit.Connects, c.who.User, c.begun) == 0
}

// from returns where a call comes from.
func (a *API) from(c *call) limit.Source {
	if !c.placed {
		c.source, c.placed = a.Proxies.Source(c.r), true
	}
	return c.source
}
