package belfry

import (
	"fmt"
	"strings"
)

// Scopes is a set of what an API key may do. The zero Scopes is nothing.
type Scopes uint8

// The scopes.
const (
	ScopeSend       Scopes = 1 << iota // send, look up and retract notifications
	ScopeUsers                         // store, read and erase people, and make their tickets
	ScopeDeliveries                    // see the mail log and the mails, and send them again
	ScopeAdmin                         // all of that, and the dashboard with all it can do
)

func scopeNames() []string { return []string{"send", "users", "deliveries", "admin"} }

// May reports whether a key with these scopes may do what needs one of the named ones.
func (s Scopes) May(need Scopes) bool { return s&(need|ScopeAdmin) != 0 }

// String returns the names, joined by +; empty for the zero Scopes.
func (s Scopes) String() string {
	var names []string
	for i, name := range scopeNames() {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// ParseScopes reads what [Scopes.String] writes. The error names the word that is none.
func ParseScopes(s string) (Scopes, error) {
	var all Scopes
	for word := range strings.SplitSeq(s, "+") {
		found := false
		for i, name := range scopeNames() {
			if word == name {
				all |= 1 << i
				found = true
			}
		}
		if !found {
			return 0, fmt.Errorf("%.40q is not a scope; there are %s", word, strings.Join(scopeNames(), ", "))
		}
	}
	return all, nil
}
