package notify

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry"
)

// markStep bounds the notifications that one transaction of a mark-all changes.
const markStep = 500

// A MarkResult is what a mark did.
type MarkResult struct {
	Changed int
	Counts  belfry.Counts
	Cursor  belfry.Cursor
}

// Patch changes the states of one notification and returns it as it is then; ErrNotFound when it is not in the inbox.
func (s *Service) Patch(ctx context.Context, user string, id belfry.ID, set belfry.StateChange) (belfry.Notification, error) {
	now := s.now()
	marked, err := s.mark(ctx, belfry.Mark{User: user, Set: set, IDs: []belfry.ID{id}, At: now})
	if err != nil {
		return belfry.Notification{}, err
	}
	if len(marked.Changes) > 0 {
		return marked.Changes[0].Notification, nil
	}
	// It had these states already, or is not there.
	n, err := s.store.Find(ctx, user, id, now)
	if err != nil {
		return belfry.Notification{}, fmt.Errorf("find %s of %q: %w", id, user, err)
	}
	return n, nil
}

// MarkIDs changes the states of the named notifications; those that are not in the inbox are passed over.
func (s *Service) MarkIDs(ctx context.Context, user string, set belfry.StateChange, ids []belfry.ID) (MarkResult, error) {
	m, err := s.mark(ctx, belfry.Mark{User: user, Set: set, IDs: ids, At: s.now()})
	if err != nil {
		return MarkResult{}, err
	}
	return MarkResult{Changed: len(m.Changes), Counts: m.Tally.Counts, Cursor: m.Cursor}, nil
}

// MarkAll changes the states of everything that stood in the inbox when it began, in one category when one is named,
// in steps small enough that nobody waits for them. What arrives meanwhile is left alone: the person has not seen it.
func (s *Service) MarkAll(ctx context.Context, user string, set belfry.StateChange, category string) (MarkResult, error) {
	_, head, err := s.Counts(ctx, user)
	if err != nil {
		return MarkResult{}, err
	}
	var result MarkResult
	m := belfry.Mark{
		User: user, Set: set, All: true, Category: category, Limit: markStep, At: s.now(),
		UpTo: &belfry.Position{Seq: head.Seq, Broadcast: head.Broadcast},
	}
	for {
		step, err := s.mark(ctx, m)
		if err != nil {
			return MarkResult{}, err
		}
		result.Changed += len(step.Changes)
		if !step.More {
			result.Counts, result.Cursor = step.Tally.Counts, step.Cursor
			return result, nil
		}
	}
}

// mark is one transaction and its rings. The counts in each ring are those after all of them: nobody can have seen the
// ones between.
func (s *Service) mark(ctx context.Context, m belfry.Mark) (belfry.Marked, error) {
	ctx, err := uncancelled(ctx)
	if err != nil {
		return belfry.Marked{}, err
	}
	marked, err := s.store.Mark(ctx, m)
	if err != nil {
		return belfry.Marked{}, fmt.Errorf("mark in inbox of %q: %w", m.User, err)
	}
	rings := make([]belfry.Ring, len(marked.Changes))
	for i, change := range marked.Changes {
		rings[i] = belfry.Ring{User: m.User, Change: change, Own: marked.Tally.Own, Head: marked.Cursor}
	}
	s.ring(ctx, rings...)
	return marked, nil
}
