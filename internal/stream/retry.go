package stream

import (
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
)

// How long a client is told to wait before it comes back.
const (
	retryBase  = 2 * time.Second
	retryFloor = time.Second      // the window when there are few connections
	retryCap   = 5 * time.Minute  // the window when there are absurdly many
	limitRetry = 60 * time.Second // plus as much again at random
	// neverRetry is for clients that are told to stay away: should one come back of its own accord all the same, then
	// not before an hour has passed.
	neverRetry = time.Hour
)

// retryAfter returns retryBase plus a random part of a window of one millisecond for each connection: should all be cut off
// at once, they come back at a thousand a second at most.
func retryAfter(connections int64) time.Duration {
	window := min(max(time.Duration(connections)*time.Millisecond, retryFloor), retryCap)
	return retryBase + rand.N(window).Truncate(time.Millisecond)
}

// size is how many clients a window must be wide enough for: while the hub closes, all that there were, though some have left.
func (h *Hub) size() int64 { return max(h.total.Load(), h.crowd.Load()) }

// closeRetry returns the wait told in a close frame.
func closeRetry(why belfry.CloseReason, connections int64) time.Duration {
	switch why {
	case belfry.CloseLimit:
		return limitRetry + rand.N(limitRetry).Truncate(time.Millisecond)
	case belfry.CloseClosed, belfry.CloseRevoked:
		return neverRetry
	case belfry.CloseDrain, belfry.CloseExpired:
	}
	return retryAfter(connections)
}
