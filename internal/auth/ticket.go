package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// byTicket takes a ticket. One that was exchanged for a token is held to what the token is held to, as it is now.
func (a *Authenticator) byTicket(ctx context.Context, secret string) (Principal, error) {
	if len(secret) > maxKey {
		return a.refuse(ctx, MethodTicket, "query", errLong)
	}
	t, err := a.tickets.TakeTicket(ctx, belfry.HashSecret(secret), a.now())
	switch {
	case errors.Is(err, belfry.ErrNotFound):
		return a.refuse(ctx, MethodTicket, "query", reason("it is not known, was used before, or has expired"))
	case err != nil:
		return Principal{}, fmt.Errorf("take ticket: %w", err)
	case t.Origin.IsZero():
		return Principal{Kind: User, User: t.User, Method: MethodTicket}, nil
	}
	p, err := a.holder(ctx, tokenOf(&t))
	if _, ok := errors.AsType[reason](err); ok {
		return a.refuse(ctx, MethodTicket, "query", err)
	}
	p.Method = MethodTicket
	return p, err
}

// tokenOf is what a ticket keeps of its token.
func tokenOf(t *belfry.Ticket) *token {
	return &token{user: t.User, hash: t.Origin.Token, issued: t.Origin.IssuedAt, exp: t.Origin.ExpiresAt, django: t.Origin.Account}
}

// Exchange returns what a ticket must keep that is made for a person by their own credential. The error is a CodeForbidden
// [belfry.Error] for all but a JWT: a ticket that begot tickets would live for ever, and a login that somebody else keeps can be
// looked at again only by whoever has the login itself.
func (p Principal) Exchange() (belfry.Origin, error) {
	switch {
	case p.Method == MethodTicket:
		return belfry.Origin{}, belfry.Errorf(belfry.CodeForbidden, "A ticket makes no tickets: show the token that it was made from.")
	case p.token == nil:
		return belfry.Origin{}, belfry.Errorf(belfry.CodeForbidden,
			"This login is looked at again for as long as a stream is open, which a ticket could not show: open the stream with the login itself.")
	}
	t := p.token
	return belfry.Origin{ExpiresAt: milli(t.exp), IssuedAt: milli(t.issued), Token: t.revocation(), Account: t.django}, nil
}

// milli cuts to what a store keeps, towards the past, so that nothing lasts longer than it may.
func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
