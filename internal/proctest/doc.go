//go:build unix

// Package proctest runs programs for tests: it builds Belfry's, finds a program an address, starts it, keeps the end of what it says, waits
// for what it is to say, and ends it with all that it has started.
package proctest
