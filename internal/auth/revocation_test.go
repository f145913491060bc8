package auth_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// countedRevocations count how often they are read, and fail when told to.
type countedRevocations struct {
	belfry.Revocations
	reads int
	fail  error
}

func (c *countedRevocations) Revoked(ctx context.Context, since time.Time) ([]belfry.Revoked, error) {
	c.reads++
	if c.fail != nil {
		return nil, c.fail
	}
	return c.Revocations.Revoked(ctx, since)
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	clock := &clock{at: now}
	w := open(t, auth.Config{Now: clock.now, JWT: auth.JWT{Secret: []byte(hmacSecret)}})
	view := &countedRevocations{Revocations: w.store.Revocations}
	w.store.Revocations = view // the first request reads it
	let := func(claims string) bool {
		t.Helper()
		_, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, `{`+claims+`,"exp":`+in(24*time.Hour)+`}`)))
		return err == nil
	}
	revoke := func(r belfry.Revocation) {
		t.Helper()
		r.At = clock.now()
		if err := w.store.Revoke(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	ring := func() { w.Hear(belfry.Ring{User: "7", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}}) }
	before := `"sub":"7","iat":` + in(-time.Second)
	if !let(before) || !let(`"sub":"7"`) {
		t.Fatal("nothing is revoked")
	}
	for range 1000 {
		let(before)
	}
	revoke(belfry.Revocation{User: "7"})
	ring()
	for claims, want := range map[string]bool{
		before: false, `"sub":"7"`: false, `"sub":"7","iat":` + in(0): false, `"sub":"7","iat":` + in(time.Second): true,
		`"sub":"8","iat":` + in(-time.Hour): true,
	} {
		if got := let(claims); got != want {
			t.Errorf("%s: let in %v, want %v", claims, got, want)
		}
	}
	if view.reads > 2 {
		t.Errorf("the store was read %d times for a thousand requests and a ring", view.reads)
	}
	// A ring that was lost.
	revoke(belfry.Revocation{User: "8", TokenID: "x"})
	clock.move(30 * time.Second)
	if let(`"sub":"8","jti":"x"`) || !let(`"sub":"8","jti":"y"`) || !let(`"sub":"9","jti":"x"`) || !let(`"sub":"8"`) {
		t.Error("want the one token refused after half a minute without a ring")
	}
	// A store that does not answer: what is known holds; what was just rung cannot be answered for.
	view.fail = errors.New("down")
	clock.move(time.Minute)
	if let(before) || !let(`"sub":"9"`) {
		t.Error("what is known does not hold while the store is down")
	}
	ring()
	if _, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, `{"sub":"9","exp":`+in(time.Hour)+`}`))); err == nil || codeOf(err) == belfry.CodeNoIdentity {
		t.Errorf("something was revoked and cannot be read: got %v, want the store's failure", err)
	}
	view.fail = nil
	if !let(`"sub":"9"`) {
		t.Error("the store is back")
	}
}

// duringRevocations has something done in the middle of being read.
type duringRevocations struct {
	belfry.Revocations
	during func()
}

func (d *duringRevocations) Revoked(ctx context.Context, since time.Time) ([]belfry.Revoked, error) {
	if during := d.during; during != nil {
		d.during = nil
		during()
	}
	return d.Revocations.Revoked(ctx, since)
}

// TestRevokedWhileItIsRead: a request has the store read what was revoked; another one does not go by what was known before
// meanwhile.
func TestRevokedWhileItIsRead(t *testing.T) {
	t.Parallel()
	w := open(t, auth.Config{JWT: auth.JWT{Secret: []byte(hmacSecret)}})
	view := &duringRevocations{Revocations: w.store.Revocations}
	w.store.Revocations = view
	token := hs256(t, `{"sub":"7","iat":`+in(-time.Second)+`,"exp":`+in(time.Hour)+`}`)
	let := func() bool {
		_, err := w.Authenticate(get("/", "Authorization", "Bearer "+token))
		return err == nil
	}
	if !let() {
		t.Fatal("nothing is revoked")
	}
	if err := w.store.Revoke(t.Context(), belfry.Revocation{User: "7", At: now}); err != nil {
		t.Fatal(err)
	}
	w.Hear(belfry.Ring{User: "7", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}})
	other := make(chan bool, 1)
	view.during = func() {
		go func() { other <- let() }()
		for range 1000 { // it waits for the reading, or is let in at once
			runtime.Gosched()
		}
	}
	if let() {
		t.Error("the one who has it read is let in")
	}
	if <-other {
		t.Error("another one was let in meanwhile")
	}
}
