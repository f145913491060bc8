package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// fillUp sends from eight sides until there is no room, and checks that refusing is all that happens. It returns how
// many were accepted.
func fillUp(t *testing.T, s *sqlite.Store) (accepted int64) {
	t.Helper()
	var n atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for refused := 0; refused < 3; {
				a := send(belfry.ToUser("42"), fmt.Sprint(i))
				a.Send.Body = strings.Repeat("All work and no play. ", 200)
				switch _, err := s.Accept(t.Context(), []belfry.Accept{a}); {
				case err == nil:
					n.Add(1)
				case errors.Is(err, belfry.ErrFull):
					refused++
				default:
					t.Errorf("got %v, want ErrFull", err)
					return
				}
			}
		})
	}
	all.Wait()
	if n.Load() < 50 {
		t.Errorf("there was room for only %d notifications of 4.4 kB", n.Load())
	}
	wantRows(t, s, n.Load())
	return n.Load()
}

func wantRows(t *testing.T, s *sqlite.Store, n int64) {
	t.Helper()
	page := list(t, s, "42")
	if int64(len(page.Results)) != n || page.Counts.Unread != n || page.Cursor.Seq != n {
		t.Errorf("got %d rows, %d unread, seq %d; want %d accepted", len(page.Results), page.Counts.Unread, page.Cursor.Seq, n)
	}
}

func TestFullQuotaRefusesAndLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s := openFile(t, path, sqlite.WithMaxBytes(1<<20))
	n := fillUp(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openFile(t, path)
	wantRows(t, s, n)
	accept(t, s, send(belfry.ToUser("42"), "there is room again"))
	wantRows(t, s, n+1)
}
