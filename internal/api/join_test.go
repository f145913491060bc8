package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
)

// An ambush is a store that answers as it is, and lets something happen before the answer arrives.
type ambush struct {
	belfry.Store
	revoked, taken atomic.Pointer[func()]
}

func spring(at *atomic.Pointer[func()]) {
	if fn := at.Swap(nil); fn != nil {
		(*fn)()
	}
}

func (a *ambush) Revoked(ctx context.Context, since time.Time) ([]belfry.Revoked, error) {
	defer spring(&a.revoked)
	return a.Store.Revoked(ctx, since)
}

func (a *ambush) TakeTicket(ctx context.Context, h belfry.SecretHash, now time.Time) (belfry.Ticket, error) {
	defer spring(&a.taken)
	return a.Store.TakeTicket(ctx, h, now)
}

// A credential is found good, then everything of the person is revoked, and only then the stream joins: it must not stay.
func TestRevokedBetweenCheckAndJoin(t *testing.T) {
	t.Parallel()
	issued := func() option {
		return bearer(signed(jwtSecret, jwt.MapClaims{"iat": time.Now().Add(-time.Minute).Unix(), "jti": "a"}))
	}
	for name, test := range map[string]struct {
		show func(*world) option
		body any
		want string
	}{
		"a token":                        {func(*world) option { return issued() }, nil, "revoked"},
		"a token, by its id":             {func(*world) option { return issued() }, map[string]any{"jti": "a"}, "expired"},
		"a ticket of the app":            {func(w *world) option { return inQuery("ticket", w.ticket("42")) }, nil, "revoked"},
		"a ticket for a token":           {func(w *world) option { return inQuery("ticket", w.exchange(issued())) }, nil, "revoked"},
		"a ticket for a token by its id": {func(w *world) option { return inQuery("ticket", w.exchange(issued())) }, map[string]any{"jti": "a"}, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &ambush{}
			w := newWorld(t, func(_ *api.Config, w *world) {
				store.Store = w.store
				w.store = store
			})
			show := test.show(w)
			// So that the store is asked about revocations by the very request that opens the stream.
			w.auth.Hear(belfry.Ring{User: "43", Hangup: belfry.Hangup{Reason: belfry.CloseExpired}})
			at := &store.revoked
			if name == "a ticket of the app" { // which nothing else is asked about
				at = &store.taken
			}
			at.Store(new(func() { w.want(http.StatusOK, w.do("POST", "/api/v1/users/42/revoke/", test.body, asApp)) }))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			a := w.do("GET", "/api/v1/notifications/sse/stream/", nil, show, func(r *http.Request) { *r = *r.WithContext(ctx) })
			if a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"reason":"`+test.want+`"`) || strings.Contains(a.body, "event: connection") {
				t.Errorf("got %d %s, want a stream that ends at once, %s", a.StatusCode, a.body, test.want)
			}
			if stop := strings.Contains(a.body, belfry.StopSuffix+"\n"); stop != (test.want == "revoked") {
				t.Errorf("the client is told to stay away: %v: %s", stop, a.body)
			}
			if s := w.hub.Stats(); s.Connections != 0 {
				t.Errorf("%d streams are open", s.Connections)
			}
			if at.Load() != nil {
				t.Error("the store was not asked, and nothing was revoked")
			}
		})
	}
}
