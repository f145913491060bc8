package sqlite_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// touchers is more people than have their states of a broadcast removed in one transaction.
const touchers = 1200

func person(i int) string { return fmt.Sprint("person-", i) }

// touched returns a broadcast that each of touchers has changed: a third saw it, a third read it, a third archived it.
func touched(t *testing.T, s *sqlite.Store) belfry.ID {
	t.Helper()
	id := accept(t, s, send(belfry.ToAll(), "to all"))[0].ID
	accept(t, s, send(belfry.ToAll(), "it stays"))
	yes := true
	changes := []belfry.StateChange{{Seen: &yes}, {Read: &yes}, {Archived: &yes}}
	var all sync.WaitGroup
	for side := range 8 {
		all.Go(func() {
			for i := side; i < touchers; i += 8 {
				m := belfry.Mark{User: person(i), Set: changes[i%3], IDs: []belfry.ID{id}, At: start}
				if got, err := s.Mark(t.Context(), m); err != nil || len(got.Changes) != 1 {
					t.Errorf("got %+v, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	return id
}

func tally(t *testing.T, s *sqlite.Store, user string) belfry.Tally {
	t.Helper()
	got, err := s.Changes(t.Context(), user, belfry.Cursor{}, 0, start)
	if err != nil {
		t.Fatal(err)
	}
	return got.Tally
}

// wantOne looks at everybody's counts: one broadcast stands, and nothing else ever did.
func wantOne(t *testing.T, s *sqlite.Store, when string) (plain int) {
	t.Helper()
	want := belfry.Counts{Unread: 1, Unseen: 1}
	for i := range touchers + 1 {
		got := tally(t, s, person(i))
		if got.Counts != want {
			t.Fatalf("%s, %s has %+v, want %+v", when, person(i), got.Counts, want)
		}
		if got.Plain {
			plain++
			if sum := got.Own.Plus(got.Shared); sum != want {
				t.Fatalf("%s, %s has the sum %+v, want %+v", when, person(i), sum, want)
			}
		}
	}
	return plain
}

func TestCountsStayExactWhileABroadcastOfManyIsCleared(t *testing.T) {
	t.Parallel()
	yes := true
	for name, leave := range map[string]func(*testing.T, *sqlite.Store, belfry.ID){
		"retracted": func(t *testing.T, s *sqlite.Store, id belfry.ID) {
			if _, err := s.Retract(t.Context(), id, start); err != nil {
				t.Fatal(err)
			}
		},
		"pruned": func(t *testing.T, s *sqlite.Store, id belfry.ID) {
			n, err := s.Find(t.Context(), person(0), id, start)
			if err != nil {
				t.Fatal(err)
			}
			if _, more, err := s.Prune(t.Context(), n.CreatedAt.Add(1e6), start, 1); err != nil || !more {
				t.Fatal(more, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			leave(t, s, touched(t, s))
			if name == "pruned" {
				// Both were old enough, and a limit of 1 took the first.
				if page := list(t, s, person(0)); len(page.Results) != 1 || page.Results[0].Title != "it stays" {
					t.Fatalf("got %+v", page.Results)
				}
			}
			if plain := wantOne(t, s, "at once"); plain != 0 {
				t.Errorf("%d tallies are plain while states are being cleared", plain)
			}
			// A person half cleared goes on living.
			m := belfry.Mark{User: person(touchers - 1), Set: belfry.StateChange{Read: &yes}, All: true, At: start}
			if got, err := s.Mark(t.Context(), m); err != nil || len(got.Changes) != 1 || got.Tally.Counts.Unread != 0 {
				t.Errorf("got %+v, %v", got, err)
			}
			if err := s.EraseUser(t.Context(), person(touchers-1)); err != nil {
				t.Error(err)
			}
			steps := 0
			for more := true; more; steps++ {
				_, next, err := s.Expire(t.Context(), start, 50)
				if err != nil {
					t.Fatal(err)
				}
				more = !next.IsZero()
				wantOne(t, s, fmt.Sprintf("after step %d", steps+1))
			}
			if steps < 4 {
				t.Errorf("cleared in %d steps of 50, want at least 4", steps)
			}
			if plain := wantOne(t, s, "at the end"); plain != touchers+1 {
				t.Errorf("%d of %d tallies are plain", plain, touchers+1)
			}
		})
	}
}
