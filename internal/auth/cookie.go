package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/belfryhq/belfry"
)

// maxCookies bounds what is tried for one request: a name may come several times, once for each path it was set for.
const maxCookies = 8

// byCookie tries each token and each session that stands in a cookie. The error is the last refusal.
func (a *Authenticator) byCookie(r *http.Request) (Principal, error) {
	refused := error(&noCredential{belfry.Errorf(belfry.CodeNoIdentity, "This needs a credential, and the request has none.")})
	tried := 0
	for _, name := range a.cookies {
		for _, c := range r.CookiesNamed(name) {
			// Cookies are shared with the rest of the site: what is no JWT at all was not meant for us.
			if strings.Count(c.Value, ".") != 2 || tried == maxCookies {
				continue
			}
			tried++
			p, err := a.byToken(r.Context(), c.Value, "cookie")
			if err == nil {
				p.Cookie = true
				return p, nil
			}
			refused = worse(refused, err)
		}
	}
	for _, session := range a.django.find(r) {
		p, err := a.refusing(r.Context(), MethodDjango, func(ctx context.Context) (Principal, error) {
			return a.django.bySession(ctx, session)
		})
		if err == nil {
			return p, nil
		}
		refused = worse(refused, err)
	}
	return Principal{}, refused
}

// byLogin asks the program, and then the back end. refused is the answer where they know nobody either.
func (a *Authenticator) byLogin(r *http.Request, refused error) (Principal, error) {
	if a.hook != nil {
		p, err := a.refusing(r.Context(), MethodHook, func(context.Context) (Principal, error) { return byHook(a.hook, r, a.now) })
		if err == nil || !isRefusal(err) {
			return p, err
		}
	}
	if s, ok := a.asker.find(r); ok {
		p, err := a.refusing(r.Context(), MethodAuthURL, func(ctx context.Context) (Principal, error) { return a.asker.byAsking(ctx, s) })
		if err != nil {
			return Principal{}, worse(refused, err)
		}
		return p, nil
	}
	return Principal{}, refused
}

// refusing carries out a check whose reason goes to the log.
func (a *Authenticator) refusing(ctx context.Context, method string, check func(context.Context) (Principal, error)) (Principal, error) {
	p, err := check(ctx)
	if _, ok := errors.AsType[reason](err); ok {
		_, _ = a.refuse(ctx, method, "request", err)
		return Principal{}, &noCredential{errRefused}
	}
	return p, err
}

// worse keeps the failure among refusals, for that one cookie cannot be looked up says nothing, while the others were refused;
// and the guess among those that guess nothing.
func worse(a, b error) error {
	if !isRefusal(a) || Guessed(a) && isRefusal(b) {
		return a
	}
	return b
}
