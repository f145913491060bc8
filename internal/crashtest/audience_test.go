package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// An audience is people with a stream each, who are all sent the same.
type audience struct {
	people  []string
	arrived chan arrival
	sent    int
	ended   sync.WaitGroup
}

// An arrival is one notification on one stream.
type arrival struct {
	person int
	title  string
	at     time.Time
	err    error // the stream has ended
}

func newAudience(t *testing.T, p *process, size int) *audience {
	t.Helper()
	a := &audience{arrived: make(chan arrival, size)}
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(func() {
		leave()
		a.ended.Wait()
	})
	for i := range size {
		who := newPerson(fmt.Sprintf("listener-%d", i))
		a.people = append(a.people, who.id)
		answer, err := p.open(ctx, http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("open a stream: %v %v", answer, err)
		}
		a.ended.Go(func() {
			defer hangUp(answer)
			a.follow(ctx, i, sse.NewReader(answer.Body))
		})
	}
	return a
}

func (a *audience) follow(ctx context.Context, person int, in *sse.Reader) {
	for {
		e, err := in.Next()
		came := arrival{person: person, at: time.Now(), err: err}
		if err == nil && e.Name != "message" {
			continue
		}
		var n row
		if err == nil {
			came.err = json.Unmarshal([]byte(e.Data), &n)
			came.title = n.Title
		}
		select {
		case a.arrived <- came:
		case <-ctx.Done():
			return
		}
		if came.err != nil {
			return
		}
	}
}

// sends sends one after the other, each when the one before has come to all, and returns how long each took to each.
func (a *audience) sends(t *testing.T, p *process, size assault) []time.Duration {
	t.Helper()
	var took []time.Duration
	tick := time.NewTicker(max(size.pause, time.Microsecond))
	defer tick.Stop()
	for range size.sends {
		<-tick.C
		a.sent++
		title := fmt.Sprint("number ", a.sent)
		body := must(json.Marshal(map[string]any{"to": a.people, "category": "abuse", "title": title}))
		begun := time.Now()
		status, text, err := p.call(t.Context(), http.MethodPost, sendPath, apiKey, body)
		if err != nil || status != http.StatusCreated {
			t.Fatalf("send %s: %d %v %s", title, status, err, text)
		}
		late := time.After(patience)
		for range a.people {
			select {
			case came := <-a.arrived:
				if came.err != nil || came.title != title {
					t.Fatalf("%s: got %q, %v; want %q", a.people[came.person], came.title, came.err, title)
				}
				took = append(took, came.at.Sub(begun))
			case <-late:
				t.Fatalf("%s did not come to all in %v", title, patience)
			}
		}
	}
	return took
}
