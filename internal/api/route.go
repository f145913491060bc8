package api

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// access says who may use a route.
type access uint8

const (
	anyone access = iota
	app           // an API key
	person        // a signed-in person
)

type route struct {
	method string
	path   string
	who    access
	handle func(*API, *call) error
}

// A resource is what stands at one path: its routes by method.
type resource struct {
	api    *API
	path   string
	allow  string // of a 405 and of OPTIONS
	routes []route
}

// newMux registers each path in both slash forms. ServeMux therefore never redirects from one to the other, and by
// taking no method in its patterns leaves the 405 to us.
func (a *API) newMux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.(*call).err = errNoPath }))
	for i, r := range routes {
		if slices.ContainsFunc(routes[:i], func(o route) bool { return o.path == r.path }) {
			continue
		}
		res := &resource{api: a, path: r.path}
		var methods []string
		for _, o := range routes[i:] {
			if o.path != r.path {
				continue
			}
			res.routes = append(res.routes, o)
			methods = append(methods, o.method)
			if o.method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
		}
		res.allow = strings.Join(append(methods, http.MethodOptions), ", ")
		mux.Handle(r.path, res)
		mux.Handle(r.path+"/{$}", res)
	}
	return mux
}

// ServeHTTP is called by the mux alone, with a call as its writer.
func (res *resource) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c := w.(*call)
	c.route = res.path
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range res.routes {
		if r := &res.routes[i]; r.method == method {
			c.public = r.who == anyone
			if c.err = res.api.admit(c, r.who); c.err == nil {
				c.err = r.handle(res.api, c)
			}
			return
		}
	}
	c.Header().Set("Allow", res.allow)
	if method == http.MethodOptions {
		c.err = res.api.options(c, res.allow)
		return
	}
	c.err = errMethod
}

// clean reports whether ServeMux would take the path as it is. Any other it would redirect.
func clean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	np := path.Clean(p)
	return p == np || len(p) == len(np)+1 && p[len(np)] == '/' && p[:len(np)] == np
}

// admit lets in who may use a route.
func (a *API) admit(c *call, who access) error {
	if who == anyone {
		return nil
	}
	p, err := a.Auth.Authenticate(c.r)
	if err != nil {
		return err
	}
	c.who = p
	switch {
	case who == app && p.Kind != auth.App:
		return belfry.Errorf(belfry.CodeForbidden, "This is for the app's back end: it needs an API key.")
	case who == person && p.Kind != auth.User:
		return belfry.Errorf(belfry.CodeForbidden, "This is a person's own: it needs their session, token or ticket, not an API key.")
	case p.Cookie && a.csrf.Check(c.r) != nil:
		return belfry.Errorf(belfry.CodeForbidden, "A page of another site sent this request with the person's cookie; add its origin to the allowed origins if it is yours.")
	}
	return nil
}
