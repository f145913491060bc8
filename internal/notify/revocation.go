package notify

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry"
)

// Revoke takes back all that was issued to a person until now, tokens and tickets, or one token of theirs. It returns what is
// remembered, and the ring by which other nodes learn of it, for the caller to ring when this node knows.
//
// All streams of the person must end by it. When everything is taken back they are `revoked`, for good. When it is one token,
// nobody keeps which stream came by which token: they are `expired`, so that each comes back by what it has, and the one whose
// token it was is refused.
func (s *Service) Revoke(ctx context.Context, r belfry.Revocation) (belfry.Revocation, belfry.Ring, error) {
	if err := r.Validate(); err != nil {
		return belfry.Revocation{}, belfry.Ring{}, err
	}
	ctx, err := uncancelled(ctx)
	if err != nil {
		return belfry.Revocation{}, belfry.Ring{}, err
	}
	r.At = s.now()
	if r.TokenID != "" && r.ExpiresAt.IsZero() {
		r.ExpiresAt = r.At.Add(belfry.RevocationAge)
	}
	if err := s.store.Revoke(ctx, r); err != nil {
		return belfry.Revocation{}, belfry.Ring{}, fmt.Errorf("revoke for %q: %w", r.User, err)
	}
	why := belfry.CloseRevoked
	if r.TokenID != "" {
		why = belfry.CloseExpired
	}
	return r, belfry.Ring{User: r.User, Hangup: belfry.Hangup{Reason: why}}, nil
}

// Ring tells every node.
func (s *Service) Ring(ctx context.Context, ring belfry.Ring) { s.ring(ctx, ring) }
