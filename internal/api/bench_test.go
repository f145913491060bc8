package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/internal/stream"
	"github.com/belfryhq/belfry/storetest"
)

// An instantStore accepts without storing, so that a benchmark shows the API's own cost.
type instantStore struct {
	belfry.Store
	answer []belfry.Accepted
	page   belfry.Page
}

func (s *instantStore) Accept(context.Context, []belfry.Accept) ([]belfry.Accepted, error) {
	return s.answer, nil
}

func (s *instantStore) List(context.Context, belfry.ListQuery) (belfry.Page, error) {
	return s.page, nil
}

// A sink is a ResponseWriter that keeps the status alone.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

func benchmark(b *testing.B, want int, request func() *http.Request, change ...func(*api.Config)) {
	memory := storetest.NewMemory()
	id := belfry.ID{1}
	n := belfry.Notification{ID: id, Category: "order.assigned", Title: "Order 1138 is yours", Body: "Due on Friday."}
	page := belfry.Page{Cursor: belfry.Cursor{Epoch: "e", Seq: 1}}
	for range 50 {
		page.Results = append(page.Results, n)
	}
	store := &instantStore{memory, []belfry.Accepted{{
		ID: id, Users: []belfry.AcceptedUser{{ID: id, User: "42"}},
		Rings: []belfry.Ring{{User: "42", Change: belfry.Change{Kind: belfry.Created, Seq: 1, Notification: n}}},
	}}, page}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	bus := membus.New()
	service, err := notify.New(notify.Config{Store: store, Bus: bus})
	must(err)
	hub, err := stream.New(stream.Config{Store: store, Epoch: "e", Bus: bus})
	must(err)
	b.Cleanup(func() { must(hub.Close(context.Background())) })
	authenticator, err := auth.New(auth.Config{
		Store: store, Keys: []auth.NamedKey{{Name: "shop", Secret: appKey}}, JWT: auth.JWT{Secret: []byte(jwtSecret)},
	})
	must(err)
	c := api.Config{
		Service: service, Hub: hub, Auth: authenticator, Ready: memory.Ping,
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	}
	for _, fn := range change {
		fn(&c)
	}
	handler, err := api.New(c)
	must(err)
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: make(http.Header, 16)}
		handler.ServeHTTP(w, request())
		if w.status != want {
			b.Fatalf("got status %d, want %d", w.status, want)
		}
	}
}

// BenchmarkSend is a send without the network and the store: authentication, decoding, policy, rings, encoding and the log.
func BenchmarkSend(b *testing.B) {
	const body = `{"to":"42","category":"order.assigned","title":"Order 1138 is yours","body":"Due on Friday.","url":"/orders/1138","data":{"order":1138}}`
	h := http.Header{"Authorization": {"Bearer " + appKey}, "Content-Type": {"application/json"}}
	benchmark(b, http.StatusCreated, func() *http.Request {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/notifications/", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header = h
		return r
	})
}

// BenchmarkList is a page of 50 without the network and the store.
func BenchmarkList(b *testing.B) {
	h := http.Header{"Authorization": {"Bearer " + token("42")}}
	benchmark(b, http.StatusOK, func() *http.Request {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/notifications/", nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header = h
		return r
	})
}

// BenchmarkGuess is one guess more from an address of which there were too many: what is refused without a look.
func BenchmarkGuess(b *testing.B) {
	limits, err := limit.New(limit.Rates{limit.Failures: {Count: 1, Per: time.Hour}})
	if err != nil {
		b.Fatal(err)
	}
	h := http.Header{"Authorization": {"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"}}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/notifications/counts/", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header, r.RemoteAddr = h, "192.0.2.1:4242"
	limits.Failed(limit.Source{Addr: netip.MustParseAddr("192.0.2.1")}, r, time.Now())
	benchmark(b, http.StatusTooManyRequests, func() *http.Request { return r }, func(c *api.Config) { c.Limits = limits })
}
