package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
)

// TestRestart: the server is restarted and crashes while senders send, without idempotency keys. What was answered is
// there once; what was refused as not stored is not there; and the store comes back by itself.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=on", "full_page_writes=on")
	s := openURL(t, server.URL("postgres"))
	var sending sync.WaitGroup
	var mu sync.Mutex
	stored := map[string]bool{}
	var answered, unknown atomic.Int64
	done := make(chan struct{})
	for w := range 8 {
		sending.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				title := fmt.Sprintf("%d from %d", i, w)
				_, err := s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser("ada"), title)})
				mu.Lock()
				stored[title] = err == nil
				mu.Unlock()
				answered.Add(1)
				if err != nil && !errors.Is(err, &belfry.Error{Code: belfry.CodeUnavailable}) {
					unknown.Add(1)
					t.Errorf("%s: %v", title, err)
				}
			}
		})
	}
	more := func(n int64) {
		until := answered.Load() + n
		for patience := time.After(40 * time.Second); answered.Load() < until; {
			select {
			case <-time.After(time.Millisecond):
			case <-patience:
				t.Fatalf("no %d answers", n)
			}
		}
	}
	for _, end := range []func() error{server.Stop, server.Kill, server.Kill} {
		more(200)
		if err := errors.Join(end(), server.Run()); err != nil {
			t.Fatal(err)
		}
	}
	more(200)
	close(done)
	sending.Wait()
	page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 1_000_000, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	for _, n := range page.Results {
		there[n.Title]++
	}
	for title, ok := range stored {
		if want := map[bool]int{true: 1}[ok]; there[title] != want {
			t.Errorf("%s: answered %v, and is there %d times", title, ok, there[title])
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
