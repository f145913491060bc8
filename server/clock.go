package server

import "time"

// A clock is what a store that several nodes share goes by, see postgres.Store.Now.
type clock interface{ Now() time.Time }

// clockOf returns the clock by which everything goes that nodes share: the store's where it has one, else this machine's.
func clockOf(store any) func() time.Time {
	if c, ok := store.(clock); ok {
		return c.Now
	}
	return time.Now
}
