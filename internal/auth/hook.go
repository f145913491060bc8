package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
)

// A Hook says who sent a request, by a login of the program that Belfry is part of. An empty user is nobody; expires is when
// the login ends, zero when that is not known. An error means that it cannot be told now. It must not read the body, and may be
// called at any time, by several goroutines at once, with a request of before: open streams are looked at again by it.
type Hook func(*http.Request) (user string, expires time.Time, err error)

// byHook returns who the program says it is.
func byHook(hook Hook, r *http.Request, now func() time.Time) (Principal, error) {
	user, expires, err := hook(r)
	switch {
	case err != nil:
		return Principal{}, &outage{MethodHook, err}
	case user == "":
		return Principal{}, reason("the program does not know it")
	case belfry.ValidateUserID(user) != nil:
		return Principal{}, &outage{MethodHook, errors.New("what the program names is no user id of 1 to 255 printable characters")}
	case !expires.IsZero() && !now().Before(expires):
		return Principal{}, errExpired
	}
	p := Principal{Kind: User, User: user, ExpiresAt: expires, Method: MethodHook, Cookie: true}
	p.Login = &Login{again: func(ctx context.Context) (Principal, error) {
		again, cancel := bare(ctx, r)
		defer cancel()
		return judged(byHook(hook, again, now))
	}}
	return p, nil
}

// bare is a request of before without what has ended with it: it keeps its header and the values of its context, and ends
// with ctx.
func bare(ctx context.Context, r *http.Request) (*http.Request, func()) {
	again, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	stop := context.AfterFunc(ctx, cancel)
	c := r.WithContext(again)
	c.Body, c.GetBody, c.ContentLength = http.NoBody, nil, 0
	return c, func() { stop(); cancel() }
}
