package door

import "net/http"

// Read returns the request that a head is, if it is one that is answered directly.
func Read(head []byte, path string) *http.Request {
	if !asksFor(head, path) {
		return nil
	}
	return parse(head)
}
