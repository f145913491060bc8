package move_test

import (
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
	t   *testing.T
}

// Close implements belfry.Store.
func (s *second) Close() error {
	err := s.Store.Close()
	dbExec(s.t, s.url, `DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT tablename FROM pg_tables WHERE schemaname='belfry' AND tablename NOT IN ('meta', 'goose_db_version') LOOP
			EXECUTE 'DELETE FROM belfry.' || r.tablename;
		END LOOP;
		UPDATE belfry.meta SET epoch='', home='', version=0, bseq=0, bpruned=0, shared=0, clearing=0, floor=0, due=NULL;
	END $$`)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.free = append(shared.free, s.url)
	return err
}

// again returns a database that is empty, but for its tables perhaps.
func again(t *testing.T) string {
	shared.mu.Lock()
	if n := len(shared.free); n > 0 {
		defer shared.mu.Unlock()
		url := shared.free[n-1]
		shared.free = shared.free[:n-1]
		return url
	}
	shared.mu.Unlock()
	return database(t)
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
		here := side{from.file, again(t)}
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
		return &second{moved, here.url, t}
	})
}
