package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/belfryhq/belfry"
)

// errNoOutbox is answered where no outbox was handed in.
var errNoOutbox = belfry.Errorf(belfry.CodeUnknown, "This server keeps no mail.")

// Deliveries lists deliveries, newest first.
func (s *Service) Deliveries(ctx context.Context, q belfry.DeliveryQuery) (belfry.DeliveryPage, error) {
	if s.outbox == nil {
		return belfry.DeliveryPage{}, errNoOutbox
	}
	page, err := s.outbox.Deliveries(ctx, q)
	if err != nil {
		return belfry.DeliveryPage{}, fmt.Errorf("list deliveries: %w", err)
	}
	return page, nil
}

// Delivery returns one delivery and, if it was rendered, the bytes of its mail.
func (s *Service) Delivery(ctx context.Context, id belfry.ID) (belfry.Delivery, []byte, error) {
	if s.outbox == nil {
		return belfry.Delivery{}, nil, errNoOutbox
	}
	d, message, err := s.outbox.Delivery(ctx, id)
	if err != nil {
		return belfry.Delivery{}, nil, fmt.Errorf("read delivery %s: %w", id, err)
	}
	return d, message, nil
}

// RetryDelivery queues a mail anew; see [belfry.Outbox]. Whoever asks for it means the address to be tried, so mail to it is
// no longer suppressed; should the address still not exist, it soon is again.
func (s *Service) RetryDelivery(ctx context.Context, id belfry.ID) (belfry.Delivery, error) {
	if s.outbox == nil {
		return belfry.Delivery{}, errNoOutbox
	}
	ctx, err := uncancelled(ctx)
	if err != nil {
		return belfry.Delivery{}, err
	}
	d, _, err := s.Delivery(ctx, id)
	if err != nil {
		return belfry.Delivery{}, err
	}
	if d.State == belfry.Skipped || d.State == belfry.Failed {
		// Before the retry: the worker may look at once.
		if err := s.store.Unsuppress(ctx, d.To); err != nil && !errors.Is(err, belfry.ErrNotFound) {
			return belfry.Delivery{}, fmt.Errorf("lift the suppression of delivery %s: %w", id, err)
		}
	}
	if d, err = s.outbox.Retry(ctx, id, s.now()); err != nil {
		return belfry.Delivery{}, fmt.Errorf("retry delivery %s: %w", id, err)
	}
	s.wake()
	return d, nil
}
