package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// PutUser stores what the app says of a person, replacing all that it said before, and returns it in its normal form.
func (s *Service) PutUser(ctx context.Context, u belfry.User) (belfry.User, error) {
	if err := u.Validate(); err != nil {
		return belfry.User{}, err
	}
	if err := s.store.PutUser(ctx, u); err != nil {
		return belfry.User{}, fmt.Errorf("store user %q: %w", u.ID, err)
	}
	return u, nil
}

// User returns what is known of a person; ErrNotFound when nothing ever named them.
func (s *Service) User(ctx context.Context, id string) (belfry.User, error) {
	if err := belfry.ValidateUserID(id); err != nil {
		return belfry.User{}, err
	}
	u, err := s.store.User(ctx, id)
	if err != nil {
		return belfry.User{}, fmt.Errorf("read user %q: %w", id, err)
	}
	return u, nil
}

// EraseUser removes the person with all that belongs to them, and ends their streams.
func (s *Service) EraseUser(ctx context.Context, id string) error {
	if err := belfry.ValidateUserID(id); err != nil {
		return err
	}
	ctx, err := uncancelled(ctx)
	if err != nil {
		return err
	}
	if err := s.store.EraseUser(ctx, id); err != nil {
		return fmt.Errorf("erase user %q: %w", id, err)
	}
	s.ring(ctx, belfry.Ring{User: id, Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}})
	return nil
}

// Hangup ends a person's streams on every node, or one of them when connection names it.
func (s *Service) Hangup(ctx context.Context, user, connection string) {
	s.ring(ctx, belfry.Ring{User: user, Hangup: belfry.Hangup{Reason: belfry.CloseClosed, Connection: connection}})
}

// ticketLife is how long a ticket may be used: a page takes it and opens its stream at once.
const ticketLife = 60 * time.Second

// Ticket makes a one-time ticket that lets a person in, and returns its secret, which is not kept. Of one that is exchanged for a
// token, origin is what it keeps of it; it ends with the token, where that is sooner.
func (s *Service) Ticket(ctx context.Context, user string, origin belfry.Origin) (secret string, expiresAt time.Time, err error) {
	if err := belfry.ValidateUserID(user); err != nil {
		return "", time.Time{}, err
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	expiresAt = s.now().Add(ticketLife)
	if !origin.IsZero() && origin.ExpiresAt.Before(expiresAt) {
		expiresAt = origin.ExpiresAt
	}
	t := belfry.Ticket{Hash: belfry.HashSecret(secret), User: user, ExpiresAt: expiresAt, Origin: origin}
	if err := s.store.AddTicket(ctx, t); err != nil {
		return "", time.Time{}, fmt.Errorf("store ticket for %q: %w", user, err)
	}
	return secret, expiresAt, nil
}
