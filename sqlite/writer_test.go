package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// hold has the writer busy until release is called, and returns when it is.
func hold(t *testing.T, s *sqlite.Store) (release func()) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	begun := sync.OnceFunc(func() { close(busy) }) // a change that shares its transaction may make it run twice
	a := send(belfry.ToUser("first"), "slow")
	a.Decide = func(*belfry.Recipient) belfry.Decision {
		begun()
		<-free
		return belfry.Decision{Inbox: true}
	}
	var done sync.WaitGroup
	done.Go(func() { accept(t, s, a) })
	<-busy
	return func() {
		close(free)
		done.Wait()
	}
}

// What comes while a transaction is open joins it.
func TestWhatWaitsSharesATransaction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		release := hold(t, s)
		const n = 200
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { accept(t, s, send(belfry.ToUser(fmt.Sprint(i)), "waiting")) })
		}
		synctest.Wait() // all are in line
		release()
		all.Wait()
		if got, want := s.Stats(), (sqlite.Stats{Transactions: 1, Changes: n + 1}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestABadChangeRefusesOnlyItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		release := hold(t, s)
		errs := make([]error, 9)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				a := send(belfry.ToUser("42"), fmt.Sprint(i))
				if i%3 == 1 {
					a.Decide = func(*belfry.Recipient) belfry.Decision { panic("a rule with a mistake") }
				}
				_, errs[i] = s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser("42"), "with it"), a})
			})
		}
		synctest.Wait()
		release()
		all.Wait()
		for i, err := range errs {
			switch {
			case i%3 != 1 && err != nil:
				t.Errorf("change %d: %v", i, err)
			case i%3 == 1 && (err == nil || !strings.Contains(err.Error(), "a rule with a mistake")):
				t.Errorf("change %d: got %v, want the panic", i, err)
			}
		}
		page := list(t, s, "42")
		if len(page.Results) != 12 || page.Counts.Unread != 12 || page.Cursor.Seq != 12 {
			t.Errorf("got %d rows, %d unread, seq %d; want 12 of each", len(page.Results), page.Counts.Unread, page.Cursor.Seq)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoGaveUpInLineIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		release := hold(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.Accept(ctx, []belfry.Accept{send(belfry.ToUser("42"), "never mind")}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait() // while the writer is still held: giving up does not wait
		release()
		accept(t, s, send(belfry.ToUser("42"), "the next"))
		if page := list(t, s, "42"); len(page.Results) != 1 || page.Cursor.Seq != 1 {
			t.Errorf("got %+v", page)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseFinishesWhatIsInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		release := hold(t, s)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { accept(t, s, send(belfry.ToUser("42"), fmt.Sprint(i))) })
		}
		synctest.Wait()
		all.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		release()
		all.Wait()
	})
}

func TestSixtyFourSendersToOnePerson(t *testing.T) {
	t.Parallel()
	s := open(t)
	const senders, each = 64, 20
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for j := range each {
				accept(t, s, send(belfry.ToUser("42"), fmt.Sprint(i, "-", j)))
			}
		})
	}
	cursor := belfry.Cursor{Epoch: s.Epoch()}
	for cursor.Seq < senders*each {
		got, err := s.Changes(t.Context(), "42", cursor, 7, start)
		if err != nil || got.Reset != belfry.ResetNone {
			t.Fatal(got.Reset, err)
		}
		if got.Head.Seq != got.Tally.Counts.Unread {
			t.Fatalf("at seq %d there are %d unread", got.Head.Seq, got.Tally.Counts.Unread)
		}
		for _, c := range got.Items {
			if cursor.Seq++; c.Seq != cursor.Seq || c.Kind != belfry.Created {
				t.Fatalf("got %+v, want seq %d", c, cursor.Seq)
			}
		}
	}
	all.Wait()
}

func TestAFileHeldByAnotherProcessRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s := openFile(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it only held a lock
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var refused atomic.Int64
	for range 20 {
		all.Go(func() {
			if _, err := s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser("42"), "one")}); err != nil {
				refused.Add(1)
			}
		})
	}
	began := time.Now()
	all.Wait() // the first alone for the busy timeout of 2 s, and the rest together as long
	if took := time.Since(began); refused.Load() != 20 || took > 20*time.Second {
		t.Errorf("%d of 20 were refused in %s", refused.Load(), took)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	accept(t, s, send(belfry.ToUser("42"), "after that"))
	wantRows(t, s, 1)
}
