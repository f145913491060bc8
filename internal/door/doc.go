// Package door lets people in: it accepts connections, reads what they ask for first, and answers a request for a stream
// at once, without what net/http builds for a connection that will ask again (a goroutine, two buffers, an entry in Go's
// poller): half the cost of connecting. Everything else, and whatever is unusual, goes to net/http untouched.
//
// Linux only; elsewhere everything goes to net/http.
package door
