package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// A keeper is a login that the test ends, and the streams that were hung up.
type keeper struct {
	mu      sync.Mutex
	user    string // empty: nobody
	expires time.Time
	err     error
	looks   int
	ended   []string
}

func (k *keeper) hook(*http.Request) (string, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.looks++
	return k.user, k.expires, k.err
}

func (k *keeper) set(user string, expires time.Time, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.user, k.expires, k.err = user, expires, err
}

func (k *keeper) hangup(user, connection string, why belfry.CloseReason) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, fmt.Sprint(user, " ", connection[len(connection)-1:], " ", why))
	return 1
}

// looked returns how often the login was looked at since the last call.
func (k *keeper) looked() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.looks
	k.looks = 0
	return n
}

func (k *keeper) hungUp() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ended)
}

// connection is the id of the stream of a number.
func connection(n uint64) belfry.ID { return belfry.NewID(now, 0, n) }

// watching opens a stream by the keeper's login.
func (k *keeper) watching(t *testing.T, fn func(w *auth.Watches, id belfry.ID)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k.set("42", time.Time{}, nil)
		a := open(t, auth.Config{Hook: k.hook, Now: time.Now})
		w := auth.NewWatches(auth.WatchConfig{Hangup: k.hangup})
		defer w.Close()
		p, err := a.Authenticate(get("/", "Cookie", "own=1"))
		if err != nil || p.Login == nil || p.Method != auth.MethodHook || !p.Cookie {
			t.Fatalf("got %+v, %v; want the program's person", p, err)
		}
		w.Open(p, connection(1))
		fn(w, connection(1))
	})
}

func (k *keeper) wantEnded(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := k.hungUp(); !slices.Equal(got, want) {
		t.Errorf("hung up: got %q, want %q", got, want)
	}
}

func TestWatchesEndWhoLogsOut(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]string{"nobody": "", "somebody else": "43"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &keeper{}
			k.watching(t, func(w *auth.Watches, id belfry.ID) {
				advance(t, 10*time.Minute)
				k.wantEnded(t)
				k.set(user, time.Time{}, nil)
				advance(t, time.Minute)
				k.wantEnded(t, "42 1 revoked")
				advance(t, time.Hour)
				k.wantEnded(t, "42 1 revoked")
				w.Ended(id)
			})
		})
	}
}

// advance lets virtual time pass.
func advance(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

// A login that has its end is looked at exactly then: prolonged, the stream stays.
func TestWatchesEndWhoExpires(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	k.watching(t, func(w *auth.Watches, id belfry.ID) {
		k.set("42", time.Now().Add(5*time.Minute), nil)
		advance(t, 3*time.Minute)
		k.set("42", time.Now().Add(10*time.Minute), nil)
		advance(t, 9*time.Minute+59*time.Second)
		k.wantEnded(t)
		advance(t, time.Second)
		k.wantEnded(t, "42 1 expired")
		w.Ended(id)
	})
}

// An outage of whoever keeps the logins ends nothing.
func TestWatchesOutliveAnOutage(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	k.watching(t, func(w *auth.Watches, id belfry.ID) {
		k.set("", time.Time{}, errors.New("down"))
		advance(t, 24*time.Hour)
		k.wantEnded(t)
		k.set("", time.Time{}, nil)
		advance(t, time.Minute)
		k.wantEnded(t, "42 1 revoked")
		w.Ended(id)
	})
}

// A stream that has ended is looked at no more.
func TestWatchesForget(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	k.watching(t, func(w *auth.Watches, id belfry.ID) {
		if w.Len() != 1 {
			t.Errorf("got %d watches, want 1", w.Len())
		}
		w.Ended(id)
		w.Ended(id)
		k.set("", time.Time{}, nil)
		k.looked()
		advance(t, time.Hour)
		k.wantEnded(t)
		if n := k.looked(); n != 0 || w.Len() != 0 {
			t.Errorf("got %d looks and %d watches after the end, want none", n, w.Len())
		}
		w.Close()
	})
}

// Many streams are looked at over the whole minute, each within it.
func TestWatchesOfMany(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	k.watching(t, func(w *auth.Watches, first belfry.ID) {
		a := open(t, auth.Config{Hook: k.hook, Now: time.Now})
		p, err := a.Authenticate(get("/"))
		if err != nil {
			t.Fatal(err)
		}
		ids := []belfry.ID{first}
		for i := range 999 {
			ids = append(ids, connection(uint64(i+2)))
			w.Open(p, ids[i+1])
		}
		k.looked()
		advance(t, time.Minute)
		if n := k.looked(); n < 1000 || n > 2000 {
			t.Errorf("got %d looks in a minute, want one for each of 1000 streams", n)
		}
		k.set("", time.Time{}, nil)
		advance(t, time.Minute)
		if got := len(k.hungUp()); got != 1000 {
			t.Errorf("hung up: got %d, want all", got)
		}
		for _, id := range ids {
			w.Ended(id)
		}
	})
}
