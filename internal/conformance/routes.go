package conformance

import (
	"net/http"
	"slices"
	"strings"
)

// A route is a path of the contract with one of its methods. {id} is a notification's, {user_id} a person's.
type route struct {
	method string
	path   string
	app    bool // asked by the app's back end, else by a person
	body   any  // one that is accepted
	status int  // of the answer to it
}

func routes() []route {
	const user = "/api/v1/users/{user_id}/"
	return []route{
		{http.MethodPost, notificationsPath, true, obj{"to": "{user_id}", "category": "conformance", "title": "A"}, http.StatusCreated},
		{http.MethodPost, bulkPath, true, obj{"notifications": []obj{{"to": "{user_id}", "category": "conformance", "title": "A"}}}, http.StatusOK},
		{http.MethodGet, notificationsPath + "{id}/", true, nil, http.StatusOK},
		{http.MethodDelete, notificationsPath + "{id}/", true, nil, http.StatusNoContent},
		{http.MethodPut, user, true, obj{"name": "Ada"}, http.StatusOK},
		{http.MethodGet, user, true, nil, http.StatusOK},
		{http.MethodDelete, user, true, nil, http.StatusNoContent},
		{http.MethodPost, user + "tickets/", true, nil, http.StatusCreated},
		{http.MethodPost, user + "revoke/", true, nil, http.StatusOK},
		{http.MethodGet, deliveriesPath, true, nil, http.StatusOK},
		{http.MethodGet, deliveriesPath + "{id}/", true, nil, http.StatusNotFound}, // {id} is a notification's
		{http.MethodGet, deliveriesPath + "{id}/message/", true, nil, http.StatusNotFound},
		{http.MethodPost, deliveriesPath + "{id}/retry/", true, nil, http.StatusNotFound},
		{http.MethodGet, notificationsPath, false, nil, http.StatusOK},
		{http.MethodGet, countsPath, false, nil, http.StatusOK},
		{http.MethodPatch, notificationsPath + "{id}/", false, obj{"read": true}, http.StatusOK},
		{http.MethodPost, markPath, false, obj{"state": "read", "all": true}, http.StatusOK},
		{http.MethodGet, preferencesPath, false, nil, http.StatusOK},
		{http.MethodPut, preferencesPath, false, obj{"categories": obj{}}, http.StatusOK},
		{http.MethodPost, exchangePath, false, nil, http.StatusCreated},
		{http.MethodGet, streamPath, false, nil, http.StatusOK},
		{http.MethodGet, statusPath, false, nil, http.StatusOK},
		{http.MethodPost, closePath, false, nil, http.StatusOK},
	}
}

func (r route) String() string { return r.method + " " + strings.TrimPrefix(r.path, "/api/v1") }

// fill puts a person and a notification in the places for them.
func (r route) fill(p *person, id string) call {
	fill := strings.NewReplacer("{user_id}", p.id, "{id}", id)
	c := call{method: r.method, path: fill.Replace(r.path)}
	if r.body != nil {
		c.body = fill.Replace(bodyText(r.body))
	}
	return c
}

// slashCases: every path answers with and without its trailing slash, and never redirects.
func slashCases() []Case {
	var cases []Case
	for _, r := range routes() {
		cases = append(cases, Case{Name: "slash: " + r.String() + " answers in both forms", Run: func(t *T) {
			if r.path == exchangePath {
				t.needJWT() // a ticket makes no tickets
			}
			for _, trim := range []string{"", "/"} {
				p := t.person()
				c := r.fill(p, p.send("A", nil))
				c.path = strings.TrimSuffix(c.path, trim)
				c.as = p.as()
				if r.app {
					c.as = t.appKey()
				}
				if r.path == streamPath {
					t.stream(c).want("connection")
					continue
				}
				t.do(c).is(r.status)
			}
		}})
	}
	return cases
}

// methodCases: a method that a path does not have is a 405 that says which it has.
func methodCases() []Case {
	var paths []string
	methods := map[string][]string{}
	for _, r := range routes() {
		if methods[r.path] == nil {
			paths = append(paths, r.path)
		}
		methods[r.path] = append(methods[r.path], r.method)
	}
	var cases []Case
	for _, path := range paths {
		cases = append(cases, Case{Name: "method: " + strings.TrimPrefix(path, "/api/v1") + " refuses others with 405 and Allow", Run: func(t *T) {
			p := t.person()
			c := route{path: path}.fill(p, p.send("A", nil))
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "BREW"} {
				if slices.Contains(methods[path], method) {
					continue
				}
				for _, as := range []credential{t.appKey(), p.as()} {
					a := t.do(call{as: as, method: method, path: c.path}).is(http.StatusMethodNotAllowed)
					a.allows(methods[path])
				}
			}
		}})
	}
	return cases
}

func (a *answer) allows(methods []string) {
	var got []string
	for _, line := range a.header.Values("Allow") {
		for method := range strings.SplitSeq(line, ",") {
			got = append(got, strings.TrimSpace(method))
		}
	}
	for _, method := range methods {
		if !slices.Contains(got, method) {
			a.t.Errorf("%s: Allow lacks %s: %q", a.what, method, got)
		}
	}
}

// credentialCases: no credential and a bad one are a 401, one of the other kind is a 403, on every route.
func credentialCases() []Case {
	var cases []Case
	for _, r := range routes() {
		cases = append(cases, Case{Name: "credential: " + r.String() + " wants the right one", Run: func(t *T) {
			p := t.person()
			c := r.fill(p, p.send("A", nil))
			for name, as := range map[string]credential{
				"none": nobody, "an unknown key": bearer("bf_" + unique()), "a broken token": bearer("a.b.c"),
				"another scheme": func(r *http.Request) { r.SetBasicAuth("conformance", "conformance") },
			} {
				c.as = as
				a := t.do(c)
				equal(t, "status with "+name, http.StatusUnauthorized, a.status)
				if a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s with %s: a 401 names its scheme in WWW-Authenticate", a.what, name)
				}
			}
			c.as = t.appKey()
			if r.app {
				c.as = p.as()
			}
			t.do(c).is(http.StatusForbidden)
		}})
	}
	return cases
}
