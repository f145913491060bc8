package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/conformance"
	"github.com/belfryhq/belfry/internal/sse"
)

// Where no JWT secret is at hand, as for an operator whose app has a public key, people come by tickets.
func TestRunByTickets(t *testing.T) {
	t.Parallel()
	target := start(t, open(t))
	target.JWTSecret = ""
	outcomes := map[conformance.Outcome]int{}
	err := conformance.Run(t.Context(), target, func(r conformance.Result) {
		outcomes[r.Outcome]++
		switch {
		case r.Outcome == conformance.Failed:
			t.Errorf("%s: %s", r.Name, r.Detail)
		case r.Outcome == conformance.NotRun && !strings.Contains(r.Detail, "JWT"):
			t.Errorf("%s was not run: %s", r.Name, r.Detail)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if want, got := len(conformance.Cases()), outcomes[conformance.Passed]+outcomes[conformance.NotRun]; want != got {
		t.Errorf("results: want %d, got %v", want, outcomes)
	}
}

func TestRunRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]conformance.Target{
		"no key":     {URL: "http://127.0.0.1:1"},
		"no address": {URL: "127.0.0.1:1", APIKey: "k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := conformance.Run(t.Context(), target, func(conformance.Result) {}); err == nil {
				t.Error("want an error, got none")
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	target := start(t, open(t))
	ctx, cancel := context.WithCancel(t.Context())
	err := conformance.Run(ctx, target, func(conformance.Result) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
}

// A server that is not there fails every case, with the reason.
func TestRunWithoutAServer(t *testing.T) {
	t.Parallel()
	var passed []string
	err := conformance.Run(t.Context(), conformance.Target{URL: "http://127.0.0.1:1", APIKey: "k", JWTSecret: "s"}, func(r conformance.Result) {
		if r.Outcome != conformance.Failed {
			passed = append(passed, r.Name)
		}
	})
	if err != nil || len(passed) > 0 {
		t.Errorf("want failures alone, got %v, and %d that passed: %q", err, len(passed), passed)
	}
}

// Over HTTP nobody can make a server prune, so the reset for what was pruned is shown through the store.
func TestPrunedCursorIsReset(t *testing.T) {
	t.Parallel()
	store := open(t)
	target := start(t, store)
	now := time.Now()
	person := belfry.User{ID: "ada"}
	send := func(title string) belfry.Cursor {
		s := &belfry.Send{To: belfry.ToUser(person.ID), Category: "order", Title: title}
		if _, err := store.Accept(t.Context(), []belfry.Accept{{Send: s, At: now}}); err != nil {
			t.Fatal(err)
		}
		changes, err := store.Changes(t.Context(), person.ID, belfry.Cursor{}, 0, now)
		if err != nil {
			t.Fatal(err)
		}
		return changes.Head
	}
	first := send("A")
	send("B")
	yes := true
	if _, err := store.Mark(t.Context(), belfry.Mark{User: person.ID, All: true, Set: belfry.StateChange{Read: &yes}, Limit: 100, At: now}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Prune(t.Context(), now.Add(time.Hour), now, 100); err != nil {
		t.Fatal(err)
	}
	head := send("C")

	events := stream(t, target, person.ID, first.String())
	want := []string{"connection false", fmt.Sprintf("reset pruned %v", head)}
	for _, w := range want {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := summary(t, e); got != w {
			t.Errorf("event: want %q, got %q", w, got)
		}
	}
	events = stream(t, target, person.ID, head.String())
	if e, err := events.Next(); err != nil || summary(t, e) != "connection true" {
		t.Errorf("from the cursor of the reset: want it resumed, got %v, %v", e, err)
	}
}

// stream opens a stream by a ticket.
func stream(t *testing.T, target conformance.Target, user, cursor string) *sse.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.URL+"/api/v1/users/"+user+"/tickets/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+target.APIKey)
	var ticket struct{ Ticket string }
	decode(t, do(t, target, r), &ticket) //nolint:bodyclose // closed with the test
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, target.URL+"/api/v1/notifications/sse/stream/?ticket="+ticket.Ticket, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", cursor)
	return sse.NewReader(do(t, target, r).Body) //nolint:bodyclose // closed with the test
}
