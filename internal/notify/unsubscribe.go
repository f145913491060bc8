package notify

import (
	"context"
	"maps"
	"strings"

	"github.com/belfryhq/belfry"
)

// Unsubscribe switches off a person's mails of some categories and of those below them, or all with [belfry.AnyCategory]; those
// that are queued are canceled. What is critical comes all the same. Doing it again changes nothing.
func (s *Service) Unsubscribe(ctx context.Context, user string, categories ...string) error {
	// Two links clicked at once must not each put back what the other took out.
	s.unsubscribing.Lock()
	defer s.unsubscribing.Unlock()
	old, err := s.Preferences(ctx, user)
	if err != nil {
		return err
	}
	p := make(belfry.Preferences, len(old)+len(categories))
	for key, channels := range old {
		p[key] = maps.Clone(channels)
	}
	for _, category := range categories {
		leave(p, category)
	}
	_, err = s.SetPreferences(ctx, user, p)
	return err
}

// leave switches the mails of a category off.
func leave(p belfry.Preferences, category string) {
	for key := range p {
		if category == belfry.AnyCategory || strings.HasPrefix(key, category+".") {
			delete(p[key], belfry.Email) // it would let through some of what is not wanted any more
		}
	}
	if p[category] == nil {
		p[category] = make(map[belfry.Channel]bool, 1)
	}
	p[category][belfry.Email] = false
}
