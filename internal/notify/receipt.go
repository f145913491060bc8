package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/belfryhq/belfry"
)

// Receipt returns what was accepted under an id. The in-app delivery of what stands in an inbox is not stored: it is
// derived here, sent at its creation, and has the notification's own id. For a send to several only the stored
// deliveries are known.
func (s *Service) Receipt(ctx context.Context, id belfry.ID) (belfry.Receipt, error) {
	r, err := s.store.Receipt(ctx, id)
	if err != nil {
		return belfry.Receipt{}, fmt.Errorf("receipt of %s: %w", id, err)
	}
	inbox := r.All
	if r.User != "" {
		switch _, err := s.store.Find(ctx, r.User, id, s.now()); {
		case err == nil:
			inbox = true
		case !errors.Is(err, belfry.ErrNotFound):
			return belfry.Receipt{}, fmt.Errorf("find %s of %q: %w", id, r.User, err)
		}
	}
	if inbox {
		n := &r.Notification
		r.Deliveries = append([]belfry.Delivery{{
			ID: n.ID, NotificationID: n.ID, User: r.User, Channel: belfry.InApp, State: belfry.Sent,
			CreatedAt: n.CreatedAt, SentAt: n.CreatedAt,
		}}, r.Deliveries...)
	}
	return r, nil
}

// Retract takes back what was accepted under an id: it is gone from every list and count, and the streams say so.
func (s *Service) Retract(ctx context.Context, id belfry.ID) error {
	ctx, err := uncancelled(ctx)
	if err != nil {
		return err
	}
	rings, err := s.store.Retract(ctx, id, s.now())
	if err != nil {
		return fmt.Errorf("retract %s: %w", id, err)
	}
	s.ring(ctx, rings...)
	return nil
}
