package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// A burglar is a person who knows ids that are not theirs, and tries each route with them.
type burglar struct {
	*rapid.T
	w       *world
	name    string
	victims []string // ids of another's notifications, and streams
	any     []string // ids of nobody
}

func (b *burglar) id() string {
	return rapid.SampledFrom(append(slices.Clone(b.victims), b.any...)).Draw(b.T, "id")
}

func (b *burglar) ids() []string {
	return rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(b.victims), b.any...)), 1, 5).Draw(b.T, "ids")
}

// ask sends one request as the burglar and returns what was answered.
func (b *burglar) ask(method, path string, body any) answer {
	// The world's own test fails when a request does; what the answer may hold is checked by the caller.
	return b.w.do(method, path, body, asUser(b.name))
}

// attempts are all the ways in which an id may be used.
func (b *burglar) attempts() map[string]func() answer {
	return map[string]func() answer{
		"patch": func() answer {
			field := rapid.SampledFrom([]string{"read", "seen", "archived"}).Draw(b.T, "field")
			return b.ask("PATCH", "/api/v1/notifications/"+b.id()+"/", map[string]any{field: rapid.Bool().Draw(b.T, "value")})
		},
		"mark": func() answer {
			state := rapid.SampledFrom([]string{"read", "seen", "archived"}).Draw(b.T, "state")
			return b.ask("POST", "/api/v1/notifications/mark/", map[string]any{"state": state, "ids": b.ids()})
		},
		"mark all": func() answer { return b.ask("POST", "/api/v1/notifications/mark/", `{"state":"read","all":true}`) },
		"receipt":  func() answer { return b.ask("GET", "/api/v1/notifications/"+b.id()+"/", nil) },
		"retract":  func() answer { return b.ask("DELETE", "/api/v1/notifications/"+b.id()+"/", nil) },
		"delivery": func() answer { return b.ask("GET", "/api/v1/deliveries/"+b.id()+"/", nil) },
		"list": func() answer {
			return b.ask("GET", "/api/v1/notifications/?state=all&"+rapid.SampledFrom([]string{"before", "after"}).Draw(b.T, "side")+"=0-0", nil)
		},
		"list after a cursor": func() answer {
			return b.ask("GET", "/api/v1/notifications/?state=all&after="+b.w.store.Epoch()+"-0-0", nil)
		},
		"close": func() answer {
			return b.ask("POST", "/api/v1/notifications/sse/close/", map[string]any{"connection_id": b.id()})
		},
		"close all":         func() answer { return b.ask("POST", "/api/v1/notifications/sse/close/", nil) },
		"another's ticket":  func() answer { return b.ask("POST", "/api/v1/notifications/tickets/", `{"user_id":"victim"}`) },
		"status":            func() answer { return b.ask("GET", "/api/v1/notifications/sse/status/", nil) },
		"another's address": func() answer { return b.ask("GET", "/api/v1/users/victim/", nil) },
	}
}

// Whatever ids a person comes by, and whichever route they try them on: they learn nothing of another's notifications and
// change none, and another's stream goes on.
func TestNobodyTouchesAnothers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		victim := fmt.Sprintf("victim-%d", round)
		const secret = "what only the victim may read"
		b := &burglar{T: rt, w: w, name: fmt.Sprintf("burglar-%d", round)}
		l := w.listen(victim, "")
		var hello struct {
			ID string `json:"connection_id"`
		}
		if err := json.Unmarshal([]byte(l.next("connection").Data), &hello); err != nil {
			rt.Fatal(err)
		}
		b.victims = []string{hello.ID}
		for range 3 {
			b.victims = append(b.victims, w.send(map[string]any{"to": victim, "title": secret, "data": map[string]any{"k": secret}}).ID)
		}
		b.any = append(b.any, belfry.NewID(time.Now(), rapid.Uint16().Draw(rt, "a"), rapid.Uint64().Draw(rt, "b")).String())
		before := w.do("GET", "/api/v1/notifications/?state=all", nil, asUser(victim)).body
		attempts := b.attempts()
		names := slices.Sorted(maps.Keys(attempts))
		for range 12 {
			name := rapid.SampledFrom(names).Draw(rt, "attempt")
			a := attempts[name]()
			if strings.Contains(a.body, secret) || a.StatusCode >= 500 || a.StatusCode == http.StatusNoContent {
				rt.Fatalf("%s: got %d %s", name, a.StatusCode, a.body)
			}
			if a.StatusCode == http.StatusOK && strings.Contains(a.body, `"changed":`) && !strings.Contains(a.body, `"changed":0`) {
				rt.Fatalf("%s changed something: %s", name, a.body)
			}
		}
		if diff := cmp.Diff(before, w.do("GET", "/api/v1/notifications/?state=all", nil, asUser(victim)).body); diff != "" {
			rt.Fatalf("the victim's inbox was changed (-before +after):\n%s", diff)
		}
		w.send(map[string]any{"to": victim, "title": "still here"})
		for { // the stream goes on
			if e := l.next("message"); strings.Contains(e.Data, "still here") {
				break
			}
		}
		_ = l.resp.Body.Close()
	})
}
