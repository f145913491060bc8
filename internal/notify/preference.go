package notify

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry"
)

// Preferences returns a person's preferences, empty when they have none.
func (s *Service) Preferences(ctx context.Context, user string) (belfry.Preferences, error) {
	p, err := s.store.Preferences(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("read preferences of %q: %w", user, err)
	}
	return p, nil
}

// SetPreferences replaces a person's preferences. Entries that say nothing are dropped.
func (s *Service) SetPreferences(ctx context.Context, user string, p belfry.Preferences) (belfry.Preferences, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	kept := make(belfry.Preferences, len(p))
	for category, channels := range p {
		if len(channels) > 0 {
			kept[category] = channels
		}
	}
	ctx, err := uncancelled(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.store.SetPreferences(ctx, user, kept); err != nil {
		return nil, fmt.Errorf("store preferences of %q: %w", user, err)
	}
	s.ring(ctx, belfry.Ring{User: user, Mute: true})
	return kept, nil
}
