package api

import "github.com/belfryhq/belfry"

// Routes lists the route table, for the test that holds it to the contract.
func Routes() []string {
	var all []string
	for _, r := range routes() {
		all = append(all, r.method+" "+r.path)
	}
	return all
}

// NeedsIdentity tells of a route whether only an app, only a person, or anyone may use it.
func NeedsIdentity(methodPath string) (ofApp, ofPerson bool) {
	for _, r := range routes() {
		if r.method+" "+r.path == methodPath {
			return r.who.scope() != 0, r.who == person || r.who == listener
		}
	}
	panic("no such route: " + methodPath)
}

// Scope tells of a route for API keys which scope it asks of them.
func Scope(methodPath string) belfry.Scopes {
	for _, r := range routes() {
		if r.method+" "+r.path == methodPath {
			return r.who.scope()
		}
	}
	panic("no such route: " + methodPath)
}
