package auth_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/auth"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		key, err := auth.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(key, "bf_")
		if b, err := base64.RawURLEncoding.DecodeString(rest); !ok || err != nil || len(b) != 32 || seen[key] {
			t.Fatalf("%q is not bf_ and 32 new bytes in base64url", key)
		}
		seen[key] = true
		if _, err := auth.New(auth.Config{Store: &credentials{}, Keys: []auth.NamedKey{{Name: "a", Secret: key}}}); err != nil {
			t.Fatalf("a key that was made is not taken: %v", err)
		}
	}
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func TestStoredKeys(t *testing.T) {
	t.Parallel()
	const first, second = "bf_first-stored-key", "bf_second-stored-key"
	clock := &clock{at: now}
	w := open(t, auth.Config{Now: clock.now})
	let := func(key string) bool {
		p, err := w.Authenticate(get("/", "Authorization", "Bearer "+key))
		return err == nil && p.Kind == auth.App && p.Key == "stored "+key
	}

	w.store.set(first)
	if !let(first) || let(second) {
		t.Fatal("want the stored key alone let in")
	}
	w.store.set(second)
	clock.move(50 * time.Millisecond)
	if !let(second) {
		t.Error("a key that was added must work within 50 ms")
	}
	clock.move(time.Second)
	if let(first) {
		t.Error("a key that was removed must stop within a second")
	}
	clock.move(-time.Hour)
	w.store.set(first)
	if !let(first) || let(second) {
		t.Error("a clock that was set back must not keep old keys alive")
	}
}

// A key that is used again and again costs the store a read a second, and made-up ones twenty.
func TestStoredKeysAreCached(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	w := open(t, auth.Config{Now: clock.now})
	w.store.set("bf_a-stored-key-in-use")
	for range 2000 {
		if _, err := w.Authenticate(get("/", "Authorization", "Bearer bf_a-stored-key-in-use")); err != nil {
			t.Fatal(err)
		}
		clock.move(time.Millisecond)
	}
	if got := w.store.reads; got != 2 {
		t.Errorf("reads in 2 s of a good key: got %d, want 2", got)
	}
	w.store.reads = 0
	for range 2000 {
		if _, err := w.Authenticate(get("/", "Authorization", "Bearer bf_a-made-up-key")); err == nil {
			t.Fatal("a made-up key was let in")
		}
		clock.move(time.Millisecond)
	}
	if got := w.store.reads; got > 41 {
		t.Errorf("reads in 2 s of made-up keys: got %d, want at most 41", got)
	}
}

func TestAuthenticateTogether(t *testing.T) {
	t.Parallel()
	w := open(t, standard())
	w.store.set("bf_a-stored-key-in-use")
	token := hs256(t, `{"sub":"7","exp":`+unix(now.Add(time.Hour))+`}`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	tickets := 0
	for range 16 {
		wg.Go(func() {
			for _, credential := range []string{appKey, "bf_a-stored-key-in-use", token} {
				if _, err := w.Authenticate(get("/", "Authorization", "Bearer "+credential)); err != nil {
					t.Error(err)
				}
			}
			if _, err := w.Authenticate(get("/?ticket=" + ticket)); err == nil {
				mu.Lock()
				defer mu.Unlock()
				tickets++
			}
		})
	}
	wg.Wait()
	if tickets != 1 {
		t.Errorf("callers let in by one ticket: got %d, want 1", tickets)
	}
}
