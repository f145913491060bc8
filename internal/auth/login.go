package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// A Login is a credential that somebody else keeps: a session of Django's, or what an app's back end says. It may end at any
// moment without a word, so it is looked at again for as long as a stream is open; see [Watches].
type Login struct {
	again func(context.Context) (Principal, error)
	grace time.Duration // how long a stream outlives an outage of whoever keeps it; 0: as long as that lasts
}

// Again looks at the login as it is now. The error is a CodeNoIdentity [belfry.Error] when it lets nobody in any more; any
// other says nothing about the login.
func (l *Login) Again(ctx context.Context) (Principal, error) { return l.again(ctx) }

// An outage is the failure of whoever keeps the logins. The client reads that it should come back, the log has the cause.
type outage struct {
	method string
	cause  error
}

// Error implements error.
func (o *outage) Error() string {
	return fmt.Sprintf("%s: nobody can be let in: %v", o.method, o.cause)
}

// Unwrap makes it a CodeUnavailable to faces.
func (o *outage) Unwrap() []error {
	return []error{o.cause, belfry.Errorf(belfry.CodeUnavailable, "Who you are cannot be looked up at the moment. Try again in a few seconds.")}
}
