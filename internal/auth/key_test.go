package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/storetest"
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

// The last use of a stored key is written once in five minutes, whoever comes; of one of the configuration, never.
func TestTheUseOfAKeyIsNoted(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	w := open(t, auth.Config{Now: clock.now, Keys: []auth.NamedKey{{Name: "fixed", Secret: appKey, Scopes: belfry.ScopeUsers}}})
	w.store.set("bf_a-stored-key-in-use")
	come := func(key string, scopes belfry.Scopes) {
		t.Helper()
		p, err := w.Authenticate(get("/", "Authorization", "Bearer "+key))
		if err != nil || p.Scopes != scopes {
			t.Fatalf("got %+v, %v; want scopes %v", p, err, scopes)
		}
	}
	for range 600 { // ten minutes
		come("bf_a-stored-key-in-use", belfry.ScopeSend)
		come(appKey, belfry.ScopeUsers)
		clock.move(time.Second)
	}
	name := "stored bf_a-stored-key-in-use"
	want := []belfry.Key{{Name: name, LastUsedAt: now}, {Name: name, LastUsedAt: now.Add(5 * time.Minute)}}
	if diff := cmp.Diff(want, w.store.uses); diff != "" {
		t.Errorf("the uses in the store differ (-want +got):\n%s", diff)
	}
	last := clock.now().Add(-time.Second)
	for i, u := range w.KeyUses() {
		if u.Name != []string{"fixed", name}[i] || !u.At.Equal(last) {
			t.Errorf("use %d: got %+v, want one at %v", i, u, last)
		}
	}
	if len(w.KeyUses()) != 2 {
		t.Errorf("uses: got %+v, want two", w.KeyUses())
	}
}

// A use that cannot be stored is no reason to refuse the key: what needs the store will fail by itself.
func TestAUseThatCannotBeStored(t *testing.T) {
	t.Parallel()
	store := &forgetful{Memory: storetest.NewMemory()}
	if err := store.AddKey(t.Context(), belfry.Key{Name: "app", Hash: belfry.HashSecret(appKey), Scopes: belfry.ScopeSend}); err != nil {
		t.Fatal(err)
	}
	w := open(t, auth.Config{Store: store})
	if p, err := w.Authenticate(get("/", "Authorization", "Bearer "+appKey)); err != nil || p.Key != "app" {
		t.Errorf("got %+v, %v", p, err)
	}
	if !strings.Contains(w.log.String(), "the disk is full") {
		t.Errorf("the log does not say why: %s", w.log)
	}
}

// A forgetful store takes no note of uses.
type forgetful struct{ *storetest.Memory }

func (forgetful) UseKey(context.Context, string, time.Time) error {
	return errors.New("the disk is full")
}

// Only a credential that is no good is a guess.
func TestGuessed(t *testing.T) {
	t.Parallel()
	w := open(t, standard())
	for name, c := range map[string]struct {
		r       *http.Request
		guessed bool
	}{
		"none":              {get("/"), false},
		"another scheme":    {get("/", "Authorization", "Basic YTpi"), false},
		"a cookie of ours":  {get("/", "Cookie", "belfry_token=a.b.c"), true},
		"another's cookie":  {get("/", "Cookie", "session=a"), false},
		"a key":             {get("/", "Authorization", "Bearer bf_made-up-made-up"), true},
		"a token":           {get("/?token=a.b.c"), true},
		"a ticket":          {get("/?ticket=made-up"), true},
		"a key of any form": {get("/", "Authorization", "Bearer x"), true},
	} {
		_, err := w.Authenticate(c.r)
		if e, ok := errors.AsType[*belfry.Error](err); !ok || e.Code != belfry.CodeNoIdentity || auth.Guessed(err) != c.guessed {
			t.Errorf("%s: got %v, guessed %v; want %v", name, err, auth.Guessed(err), c.guessed)
		}
	}
	w.store.fail = errors.New("the disk is gone")
	if _, err := w.Authenticate(get("/?ticket=" + ticket)); err == nil || auth.Guessed(err) {
		t.Errorf("a store that fails is no guess: %v", err)
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
