package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Revoke implements [belfry.Revocations].
func (m *Memory) Revoke(ctx context.Context, r belfry.Revocation) error {
	unlock, err := m.lock(ctx, "revoke")
	if err != nil {
		return err
	}
	defer unlock()
	now, before := belfry.Revoked{Hash: r.Hash(), At: r.At, ExpiresAt: r.ExpiresAt}, m.revoked[r.Hash()]
	if before.At.After(now.At) {
		now.At = before.At
	}
	known := !before.At.IsZero()
	if known && !now.ExpiresAt.IsZero() && (before.ExpiresAt.IsZero() || before.ExpiresAt.After(now.ExpiresAt)) {
		now.ExpiresAt = before.ExpiresAt
	}
	m.revoked[now.Hash] = now
	if r.TokenID == "" {
		m.tickets = slices.DeleteFunc(m.tickets, func(t belfry.Ticket) bool { return t.User == r.User })
	}
	return nil
}

// Revoked implements [belfry.Revocations].
func (m *Memory) Revoked(ctx context.Context, since time.Time) ([]belfry.Revoked, error) {
	unlock, err := m.lock(ctx, "revoked")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var found []belfry.Revoked
	for _, r := range m.revoked {
		if !r.At.Before(since) {
			found = append(found, r)
		}
	}
	return found, nil
}
