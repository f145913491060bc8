package notify

import (
	"context"
	"maps"

	"github.com/belfryhq/belfry"
)

// Unsubscribe switches off a person's mails of a category and of those below it, or all with [belfry.AnyCategory]. What is
// critical comes all the same. Doing it again changes nothing.
func (s *Service) Unsubscribe(ctx context.Context, user, category string) error {
	// Two links clicked at once must not each put back what the other took out.
	s.unsubscribing.Lock()
	defer s.unsubscribing.Unlock()
	old, err := s.Preferences(ctx, user)
	if err != nil {
		return err
	}
	p := make(belfry.Preferences, len(old)+1)
	for key, channels := range old {
		p[key] = maps.Clone(channels)
		if category == belfry.AnyCategory || len(key) > len(category) && key[:len(category)+1] == category+"." {
			delete(p[key], belfry.Email) // it would let through some of what is not wanted any more
		}
	}
	if p[category] == nil {
		p[category] = make(map[belfry.Channel]bool, 1)
	}
	p[category][belfry.Email] = false
	_, err = s.SetPreferences(ctx, user, p)
	return err
}
