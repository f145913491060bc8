package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/belfryhq/belfry"
)

// A send is tried so often in all, with about these waits between.
const (
	sendTries = 4
	firstWait = 250 * time.Millisecond
	longWait  = time.Minute
)

// passing reports whether an error may be gone when the same request is made again, and how long the server asked to
// wait before that.
func passing(err error) (after time.Duration, ok bool) {
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		switch refused.err.Code { //nolint:exhaustive // the other codes say that the request itself has to change
		case belfry.CodeConflict, belfry.CodeTooMany, belfry.CodeUnavailable:
			return refused.after, true
		}
		return 0, false
	}
	if answered := (*statusError)(nil); errors.As(err, &answered) {
		return 0, answered.status >= 500 || answered.status == http.StatusTooManyRequests
	}
	if final := (*finalError)(nil); errors.As(err, &final) {
		return 0, false
	}
	return 0, true // no answer at all
}

// backoff returns how long to wait before try number n (from 1): doubling, at most a minute, and spread over half of it
// either way, so that clients that failed together do not come back together.
func backoff(first time.Duration, n int) time.Duration {
	wait := min(first<<min(n-1, 16), longWait)
	return wait/2 + rand.N(wait)
}

// wait returns after d, or with ctx's error.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads Retry-After in seconds; the form with a date is not one that Belfry writes.
func retryAfter(resp *http.Response) time.Duration {
	s, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(min(s, 3600))*time.Second, longWait)
}
