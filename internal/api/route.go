package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
)

// access says who may use a route.
type access uint8

const (
	anyone   access = iota
	person          // a signed-in person
	listener        // the same, for a stream
	appSend         // an API key with this scope, and so on
	appUsers
	appDeliveries
)

// scope returns the scope that an API key must have; 0: this is not for API keys.
func (a access) scope() belfry.Scopes {
	switch a {
	case appSend:
		return belfry.ScopeSend
	case appUsers:
		return belfry.ScopeUsers
	case appDeliveries:
		return belfry.ScopeDeliveries
	case anyone, person, listener:
	}
	return 0
}

type route struct {
	method string
	path   string
	who    access
	handle func(*API, *call) error
}

// A resource is what stands at one path: its routes by method.
type resource struct {
	path   string
	allow  string // of a 405 and of OPTIONS
	routes []route

	prefix, suffix string // of a path with a variable: what stands before and after it
}

// A table finds the resource of a path. It is not http.ServeMux because that redirects paths which it would write
// otherwise, and does not take the user id "/" (%2F) for a segment.
type table struct {
	fixed    map[string]*resource // by path
	variable []*resource
}

func newTable(routes []route) table {
	t := table{fixed: make(map[string]*resource)}
	byPath := make(map[string]*resource)
	for _, r := range routes {
		res := byPath[r.path]
		if res == nil {
			res = &resource{path: r.path, allow: http.MethodOptions}
			byPath[r.path] = res
			if prefix, rest, ok := strings.Cut(r.path, "{"); ok {
				res.prefix = prefix
				_, res.suffix, _ = strings.Cut(rest, "}")
				t.variable = append(t.variable, res)
			} else {
				t.fixed[r.path] = res
			}
		}
		res.routes = append(res.routes, r)
		if r.method == http.MethodGet {
			res.allow += ", " + http.MethodHead
		}
		res.allow += ", " + r.method
	}
	return t
}

// find takes a path as it was sent, with its escapes and with or without its trailing slash, and returns the value of
// its variable, if it has one. nil: there is nothing.
func (t table) find(escaped string) (res *resource, value string) {
	p := strings.TrimSuffix(escaped, "/")
	if res := t.fixed[p]; res != nil {
		return res, ""
	}
	for _, res := range t.variable {
		rest, ok := strings.CutPrefix(p, res.prefix)
		if !ok {
			continue
		}
		segment, ok := strings.CutSuffix(rest, res.suffix)
		if !ok || segment == "" || strings.Contains(segment, "/") {
			continue
		}
		if value, err := url.PathUnescape(segment); err == nil {
			return res, value
		}
	}
	return nil, ""
}

// serve finds the route of a call and carries it out.
func (a *API) serve(c *call) error {
	if len(c.r.URL.RawQuery)+len(c.r.URL.Path) > a.MaxURL {
		return &refusal{http.StatusRequestURITooLong, fmt.Sprintf("The address is longer than the %d bytes that one may have.", a.MaxURL)}
	}
	res, value := a.table.find(c.r.URL.EscapedPath())
	if res == nil {
		if err := a.limitAddress(c, limit.Address); err != nil {
			return err
		}
		return errNoPath
	}
	c.route, c.variable = res.path, value
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range res.routes {
		if r := &res.routes[i]; r.method == method {
			c.public = r.who == anyone
			if err := a.admit(c, r); err != nil {
				return err
			}
			return r.handle(a, c)
		}
	}
	if err := a.limitAddress(c, limit.Address); err != nil {
		return err
	}
	c.Header().Set("Allow", res.allow)
	if method == http.MethodOptions {
		return a.options(c, res.allow)
	}
	return errMethod
}

// admit lets in who may use a route.
func (a *API) admit(c *call, r *route) error {
	if r.who == anyone {
		return a.limitAddress(c, limit.Address)
	}
	if err := a.identify(c); err != nil {
		return err
	}
	switch scope := r.who.scope(); {
	case scope == 0 && c.who.Kind != auth.User:
		return belfry.Errorf(belfry.CodeForbidden, "This is a person's own: it needs their session, token or ticket, not an API key.")
	case scope != 0 && c.who.Kind != auth.App:
		return belfry.Errorf(belfry.CodeForbidden, "This is for the app's back end: it needs an API key.")
	case scope != 0 && !c.who.Scopes.May(scope):
		return belfry.Errorf(belfry.CodeForbidden, "This needs an API key with the scope %s, and the key %q has %s.", scope, c.who.Key, c.who.Scopes)
	case c.who.Cookie && a.csrf.Check(c.r) != nil:
		return belfry.Errorf(belfry.CodeForbidden, "A page of another site sent this request with the person's cookie; add its origin to the allowed origins if it is yours.")
	}
	return a.limitCaller(c, r.who)
}

// lockedPause is how long somebody waits who is not looked at. Whoever guesses on and on, over all the connections that an address
// may have, does not keep the server from those who are at it; somebody behind the same address does not notice.
const lockedPause = 100 * time.Millisecond

// identify finds out who sends a call. Where too many guesses came from, nobody else is looked at.
func (a *API) identify(c *call) (err error) {
	from := a.from(c)
	if wait := a.Limits.Locked(from, c.r, c.begun); wait > 0 {
		limit.Hold(c.ctx(), lockedPause)
		return &tooMany{wait, "Too many credentials from this address were not accepted. Wait, and send a good one."}
	}
	c.mark = a.Hub.Mark()
	if c.who, err = a.Auth.Authenticate(c.r); err == nil {
		limit.Welcome(c.ctx())
		a.Limits.Good(from, c.r, c.begun)
		return nil
	}
	if auth.Guessed(err) {
		a.Limits.Failed(from, c.r, c.begun)
		return err
	}
	if limited := a.limitAddress(c, limit.Address); limited != nil {
		return limited
	}
	return err
}
