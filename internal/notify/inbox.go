package notify

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry"
)

// List returns a page of an inbox as of now.
func (s *Service) List(ctx context.Context, q belfry.ListQuery) (belfry.Page, error) {
	q.Now = s.now()
	page, err := s.store.List(ctx, q)
	if err != nil {
		return belfry.Page{}, fmt.Errorf("list inbox of %q: %w", q.User, err)
	}
	return page, nil
}

// Counts returns a person's counts and the cursor of the same moment.
func (s *Service) Counts(ctx context.Context, user string) (belfry.Counts, belfry.Cursor, error) {
	ch, err := s.store.Changes(ctx, user, belfry.Cursor{}, 0, s.now())
	if err != nil {
		return belfry.Counts{}, belfry.Cursor{}, fmt.Errorf("count inbox of %q: %w", user, err)
	}
	return ch.Tally.Counts, ch.Head, nil
}
