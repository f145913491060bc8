package crashtest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A device is a stream of a fleet: it comes back where it was, to whichever node, when it was told to. It is one goroutine on a bare
// connection, for there are thousands. Its fields are under the fleet's lock.
type device struct {
	*fleet
	*person
	number   int // of the person
	rand     *rand.Rand
	cursor   string
	retry    time.Duration
	since    time.Time // it listens
	all, own []int     // the last number of each lane that came
}

// whole reports whether everything came that was sent.
func (d *device) whole() bool {
	return !slices.ContainsFunc(d.lanes, func(l *lane) bool { return d.all[l.number] != l.all || d.own[l.number] != l.own[d.number] })
}

func (d *device) live(ctx context.Context, gate chan struct{}) {
	gate <- struct{}{}
	there := func() { <-gate }
	for ctx.Err() == nil {
		d.retry = time.Duration(50+d.rand.IntN(100)) * time.Millisecond // where nobody answers, somebody else is tried soon
		d.connect(ctx, there)
		there = func() {}
		timer := time.NewTimer(d.retry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// connect is one stream; it calls there when it is answered, or has failed.
func (d *device) connect(ctx context.Context, there func()) {
	answer, hangUp, err := d.request(ctx) //nolint:bodyclose // to close it would read on to its end; hangUp closes the connection
	if err != nil {
		there()
		return
	}
	defer hangUp()
	in := sse.NewReader(answer.Body)
	e, err := in.Next()
	there()
	if err != nil || answer.StatusCode != http.StatusOK {
		return
	}
	up := e.Name == "connection"
	d.move(+1, up)
	defer d.move(-1, up)
	resuming := d.cursor != ""
	for ; err == nil; e, err = in.Next() {
		d.take(e, resuming)
	}
}

func (d *device) request(ctx context.Context) (*http.Response, func(), error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(d.any(d.rand).base, "http://"))
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	hangUp := func() {
		stop()
		_ = conn.Close() // it may be closed already
	}
	resume := ""
	if d.cursor != "" {
		resume = "Last-Event-ID: " + d.cursor + "\r\n"
	}
	_, err = fmt.Fprintf(conn, "GET /api/v1/notifications/sse/stream/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n", d.token, resume)
	if err == nil {
		var answer *http.Response
		if answer, err = http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			return answer, hangUp, nil
		}
	}
	hangUp()
	return nil, nil, err
}

func (d *device) move(by int, up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if up {
		d.up += by
	}
}

func (d *device) take(e sse.Event, resuming bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Name {
	case "connection":
		var c struct{ Resumed bool }
		d.decode(e, &c)
		if c.Resumed != resuming || resuming && e.ID != d.cursor {
			d.fault("from %q: got %s at %s", d.cursor, e.Data, e.ID)
		}
		if c.Resumed {
			d.resumed++
		}
		d.cursor, d.retry, d.since = e.ID, e.Retry, time.Now()
	case "message":
		var n struct{ Data stamp }
		d.decode(e, &n)
		d.hear(n.Data)
		d.cursor = e.ID
	case "close":
		if !strings.Contains(e.Data, `"drain"`) {
			d.fault("got %s", e.Data)
		}
		d.retry = e.Retry
		d.drained++
	case "counts", "heartbeat":
	default:
		d.fault("got %s %s", e.Name, e.Data)
	}
}

// hear checks that a number is the next of its lane, and was sent.
func (d *device) hear(s stamp) {
	d.heard++
	if s.Lane < 0 || s.Lane >= len(d.lanes) {
		d.fault("got %+v of nobody", s)
		return
	}
	last, sent := &d.own[s.Lane], d.lanes[s.Lane].own[d.number]
	if s.All {
		last, sent = &d.all[s.Lane], d.lanes[s.Lane].all
	}
	if s.N != *last+1 || s.N > sent {
		d.fault("got %+v after %d, of %d that were sent", s, *last, sent)
	}
	*last = s.N
	if at := time.Unix(0, s.At); at.After(d.since) { // else it was sent while the device was away
		d.slowest = max(d.slowest, time.Since(at))
	}
}

func (d *device) decode(e sse.Event, into any) {
	if err := json.Unmarshal([]byte(e.Data), into); err != nil {
		d.fault("%v in %.200q", err, e.Data)
	}
}

func (d *device) fault(format string, args ...any) {
	d.faults = append(d.faults, d.id+": "+fmt.Sprintf(format, args...))
}
