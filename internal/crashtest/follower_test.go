package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A follower is a person's stream over the whole run: it keeps its cursor and what it was told, through every crash.
type follower struct {
	*person
	rand    *rand.Rand
	patient bool // of a cluster, of which something is away or replaced: a 503 is no fault, nor is a drain

	mu      sync.Mutex
	place   place
	cursor  string
	rows    map[string]string // what is there now, by id, as it last came
	created map[string]int    // how often each id came as new
	badge   badge
	resumed int
	faults  []string
	moved   chan struct{} // closed and replaced by every event
}

func newFollower(p *person, r *rand.Rand) *follower {
	return &follower{person: p, rand: r, rows: map[string]string{}, created: map[string]int{}, moved: make(chan struct{})}
}

// place is a cursor taken apart.
type place struct {
	epoch    string
	own, all int64
}

func parsePlace(s string) (place, error) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		return place{}, fmt.Errorf("%q is no cursor", s)
	}
	own, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return place{}, fmt.Errorf("%q is no cursor: %w", s, err)
	}
	all, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return place{}, fmt.Errorf("%q is no cursor: %w", s, err)
	}
	return place{parts[0], own, all}, nil
}

// follow reads streams of one process until it is gone or ctx ends. Now and then, after so many events or more, it hangs up
// by itself, as people do, and resumes.
func (f *follower) follow(ctx context.Context, p *process, events int) {
	for ctx.Err() == nil {
		f.connect(ctx, p, events+f.rand.IntN(300))
		select {
		case <-p.Exited():
			return
		case <-ctx.Done():
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func (f *follower) connect(ctx context.Context, p *process, events int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	headers := []string{"Accept", "text/event-stream"}
	f.mu.Lock()
	if f.cursor != "" {
		headers = append(headers, "Last-Event-ID", f.cursor)
	}
	f.mu.Unlock()
	answer, err := p.open(ctx, http.MethodGet, "/api/v1/notifications/sse/stream/", f.token, nil, headers...)
	if err != nil {
		return
	}
	defer hangUp(answer)
	if answer.StatusCode == http.StatusServiceUnavailable && f.patient {
		return
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := readAll(answer)
		f.fault("a stream was answered %d %s", answer.StatusCode, text)
		return
	}
	in := sse.NewReader(answer.Body)
	for range events {
		e, err := in.Next()
		if err != nil {
			return
		}
		f.take(e, len(headers) > 2)
	}
}

// take notes one event.
func (f *follower) take(e sse.Event, resuming bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() {
		close(f.moved)
		f.moved = make(chan struct{})
	}()
	switch e.Name {
	case "message", "update", "delete":
		f.advance(e)
		f.apply(e)
	case "connection":
		f.connected(e, resuming)
	case "counts":
		f.decode(e, &f.badge)
	case "heartbeat":
	case "close":
		var c struct{ Reason string }
		if f.decode(e, &c); !f.patient || c.Reason != "drain" {
			f.faultLocked("the stream was closed: %s", e.Data)
		}
	default:
		f.faultLocked("an event %s came: %s", e.Name, e.Data)
	}
}

func (f *follower) connected(e sse.Event, resuming bool) {
	var c struct {
		Resumed bool
		badge
	}
	f.decode(e, &c)
	f.badge = c.badge
	if c.Resumed != resuming || resuming && e.ID != f.cursor {
		f.faultLocked("asked to resume %v from %q, got resumed %v from %q", resuming, f.cursor, c.Resumed, e.ID)
	}
	if c.Resumed {
		f.resumed++
	}
	var err error
	if f.place, err = parsePlace(e.ID); err != nil {
		f.faultLocked("%v", err)
	}
	f.cursor = e.ID
}

// advance checks that an entry lies behind the cursor, in one of the two logs, and moves there.
func (f *follower) advance(e sse.Event) {
	to, err := parsePlace(e.ID)
	if err != nil {
		f.faultLocked("%v", err)
		return
	}
	ownGrew, allGrew := to.own > f.place.own, to.all > f.place.all
	// Whoever comes back finds a broadcast that another device has marked meanwhile in the person's own log, and passes its
	// number with an entry before it.
	both := f.patient && ownGrew && allGrew
	if to.epoch != f.place.epoch || to.own < f.place.own || to.all < f.place.all || ownGrew == allGrew && !both {
		f.faultLocked("after %s came %s: %s", f.cursor, e.ID, e.Data)
	}
	f.place, f.cursor = to, e.ID
}

func (f *follower) apply(e sse.Event) {
	var r row
	f.decode(e, &r)
	switch e.Name {
	case "message":
		f.created[r.ID]++
		f.rows[r.ID] = e.Data
	case "update":
		if f.patient && f.created[r.ID] == 0 {
			// Whoever is far behind is told in pieces, and may hear first of what was changed between two of them that it was: it is whole.
			f.created[r.ID]++
		} else if f.rows[r.ID] == "" {
			f.faultLocked("an update came of what is not there: %s", e.Data)
		}
		f.rows[r.ID] = e.Data
	case "delete":
		delete(f.rows, r.ID)
	}
}

func (f *follower) decode(e sse.Event, into any) {
	if err := json.Unmarshal([]byte(e.Data), into); err != nil {
		f.faultLocked("event %s: %v: %q", e.Name, err, e.Data)
	}
}

func (f *follower) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faultLocked(format, args...)
}

func (f *follower) faultLocked(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// waitFor waits until the stream has brought everything up to a cursor, and the counts there; it fails the test, and
// returns false, when that takes too long.
func (f *follower) waitFor(ctx context.Context, t *testing.T, cursor string, counts badge) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		f.mu.Lock()
		there, moved, at, says := f.cursor == cursor && f.badge == counts, f.moved, f.cursor, f.badge
		f.mu.Unlock()
		if there {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			t.Errorf("%s: the stream is at %s with %+v, and the list at %s with %+v", f.id, at, says, cursor, counts)
			return false
		}
	}
}
