package storetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Deliveries implements [belfry.Outbox].
func (m *Memory) Deliveries(ctx context.Context, q belfry.DeliveryQuery) (belfry.DeliveryPage, error) {
	unlock, err := m.lock(ctx, "deliveries")
	if err != nil {
		return belfry.DeliveryPage{}, err
	}
	defer unlock()
	var page belfry.DeliveryPage
	for _, v := range m.parcels() {
		switch {
		case q.State != "" && v.shown().State != q.State, q.Channel != "" && v.d.Channel != q.Channel, q.User != "" && v.d.User != q.User:
		case !q.After.IsZero() && slices.Compare(v.d.ID[:], q.After[:]) >= 0:
		case len(page.Results) == q.Limit:
			page.Next = page.Results[q.Limit-1].ID
			return page, nil
		default:
			page.Results = append(page.Results, v.shown())
		}
	}
	return page, nil
}

// Delivery implements [belfry.Outbox].
func (m *Memory) Delivery(ctx context.Context, id belfry.ID) (belfry.Delivery, []byte, error) {
	unlock, err := m.lock(ctx, "delivery")
	if err != nil {
		return belfry.Delivery{}, nil, err
	}
	defer unlock()
	v, ok := m.parcel(id)
	if !ok {
		return belfry.Delivery{}, nil, belfry.ErrNotFound
	}
	message := v.message
	if v.bearer != nil {
		message = v.bearer.message
	}
	return v.shown(), slices.Clone(message), nil
}

// Retry implements [belfry.Outbox].
func (m *Memory) Retry(ctx context.Context, id belfry.ID, at time.Time) (belfry.Delivery, error) {
	unlock, err := m.lock(ctx, "retry")
	if err != nil {
		return belfry.Delivery{}, err
	}
	defer unlock()
	v, ok := m.parcel(id)
	if !ok {
		return belfry.Delivery{}, belfry.ErrNotFound
	}
	if why := v.final(at); why != "" {
		return belfry.Delivery{}, belfry.Errorf(belfry.CodeConflict, "%s", why)
	}
	v.pinned = v.pinned || v.d.State == belfry.Ambiguous
	if v.bearer != nil {
		m.part(v.delivery)
		v.d.MessageID, v.bearer = "", nil
	}
	v.end(belfry.Queued, reasonAgain)
	v.d.NextAttemptAt, v.d.SentAt, v.due, v.d.Tries, v.committed = at, time.Time{}, at, 0, false
	if v.life != 0 {
		v.plan.GiveUpAt = at.Add(v.life)
	}
	return v.shown(), nil
}

// final says why a delivery cannot be queued anew; empty: it can.
func (v parcel) final(at time.Time) string {
	switch {
	case v.d.Channel != belfry.Email:
		return "Only mail is sent again."
	case v.d.State == belfry.Sent:
		return "The mail was sent."
	case v.d.State == belfry.Queued:
		return "The mail is queued already."
	case !v.deletedAt.IsZero() || expired(&v.n, at):
		return "The notification is gone: send a new one."
	case strings.TrimSpace(v.d.To) == "":
		return "The mail has no address: store one for the person, and send a new notification."
	default:
		return ""
	}
}
