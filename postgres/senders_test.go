package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
)

// Senders send to ada without idempotency keys, whatever happens to the database, and remember what they were answered.
type senders struct {
	t       *testing.T
	s       *postgres.Store
	body    string
	sending sync.WaitGroup
	done    chan struct{}
	stop    func()

	mu                sync.Mutex
	stored            map[string]bool
	accepted, refused atomic.Int64
}

// startSending starts senders of notifications with a body. Every refusal must be of the code.
func startSending(t *testing.T, s *postgres.Store, body string, code belfry.Code) *senders {
	t.Helper()
	w := &senders{t: t, s: s, body: body, done: make(chan struct{}), stored: map[string]bool{}}
	w.stop = sync.OnceFunc(func() {
		close(w.done)
		w.sending.Wait()
	})
	t.Cleanup(w.stop)
	for n := range 8 {
		w.sending.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-w.done:
					return
				default:
					w.send(fmt.Sprintf("%d from %d", i, n), code)
				}
			}
		})
	}
	return w
}

func (w *senders) send(title string, code belfry.Code) {
	a := send(belfry.ToUser("ada"), title)
	a.Send.Body = w.body
	_, err := w.s.Accept(w.t.Context(), []belfry.Accept{a})
	w.mu.Lock()
	w.stored[title] = err == nil
	w.mu.Unlock()
	switch {
	case err == nil:
		w.accepted.Add(1)
	case w.t.Context().Err() != nil: // the test has failed already
	case errors.Is(err, &belfry.Error{Code: code}):
		w.refused.Add(1)
	default:
		w.t.Errorf("%s: %v", title, err)
	}
}

// await waits until a counter has grown by n.
func (w *senders) await(what string, counter *atomic.Int64, n int64) {
	w.t.Helper()
	until := counter.Load() + n
	for patience := time.After(60 * time.Second); counter.Load() < until; {
		select {
		case <-time.After(time.Millisecond):
		case <-patience:
			w.t.Fatalf("no %d sends are %s", n, what)
		}
	}
}

func (w *senders) awaitAccepted(n int64) { w.t.Helper(); w.await("accepted", &w.accepted, n) }

func (w *senders) awaitRefused(n int64) { w.t.Helper(); w.await("refused", &w.refused, n) }

// end stops the senders, and checks that what was accepted is there once, and nothing else.
func (w *senders) end() {
	w.t.Helper()
	w.stop()
	page, err := w.s.List(w.t.Context(), belfry.ListQuery{User: "ada", Limit: 1_000_000, Now: start})
	if err != nil {
		w.t.Fatal(err)
	}
	there := map[string]int{}
	for _, n := range page.Results {
		there[n.Title]++
	}
	for title, ok := range w.stored {
		if want := map[bool]int{true: 1}[ok]; there[title] != want {
			w.t.Errorf("%s: answered %v, and is there %d times", title, ok, there[title])
		}
	}
	if err := w.s.Ping(w.t.Context()); err != nil {
		w.t.Error(err)
	}
}
