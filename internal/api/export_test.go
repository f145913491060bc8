package api

// Routes lists the route table, for the test that holds it to the contract.
func Routes() []string {
	var all []string
	for _, r := range routes() {
		all = append(all, r.method+" "+r.path)
	}
	return all
}

// NeedsIdentity tells of a route whether only an app, only a person, or anyone may use it.
func NeedsIdentity(methodPath string) (app, person bool) {
	for _, r := range routes() {
		if r.method+" "+r.path == methodPath {
			return r.who == appOnly, r.who == personOnly
		}
	}
	panic("no such route: " + methodPath)
}

const (
	appOnly    = app
	personOnly = person
)
