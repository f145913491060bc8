package move_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
	"github.com/belfryhq/belfry/storetest"
)

// A first is a store in a file, which is to be moved.
type first struct {
	*sqlite.Store
	file string
}

// A second is the store in whose database it is then; at its end the database is free for the next.
type second struct {
	*postgres.Store
	url string
}

// Close implements belfry.Store.
func (s *second) Close() error {
	return errors.Join(s.Store.Close(), shared.GiveBack(s.url))
}

// TestModel: a store that is moved in the middle of any history is the same store: lists, counts, cursors, streams that come
// back, leases of mails under way, quotas, tickets, and whatever else the model has.
func TestModel(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) belfry.Store {
		file := filepath.Join(t.TempDir(), "belfry.db")
		s, err := sqlite.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		return &first{s, file}
	}
	n := 0
	storetest.RunMoved(t, open, func(t *testing.T, s belfry.Store) belfry.Store {
		from, ok := s.(*first)
		if !ok {
			t.Fatalf("the store is a %T", s)
		}
		here := side{from.file, shared.Take(t)}
		if n++; n%4 == 0 { // now and then a part of it is there already
			here.moved(t, ahead)
		}
		if err := from.Close(); err != nil {
			t.Fatal(err)
		}
		here.moved(t)
		moved, err := postgres.Open(t.Context(), here.url)
		if err != nil {
			t.Fatal(err)
		}
		return &second{moved, here.url}
	})
}
