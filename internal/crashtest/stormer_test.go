package crashtest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A stormer is a browser in a storm: it waits as long as it was told, comes back where it was, and tries again when nobody
// answers. It is one goroutine on a bare connection, for there are thousands.
type stormer struct {
	*storm
	*person
	address string
	cursor  string
	retry   time.Duration
	since   time.Time // it listens
	got     atomic.Int64
}

func (d *stormer) live(ctx context.Context, gate chan struct{}) {
	for first := true; ctx.Err() == nil; first = false {
		if first {
			gate <- struct{}{}
			d.connect(ctx, func() { <-gate })
		} else {
			d.connect(ctx, func() {})
		}
		timer := time.NewTimer(d.retry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// connect is one stream; it calls there when it is answered, or has failed.
func (d *stormer) connect(ctx context.Context, there func()) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", d.address)
	if err != nil {
		there()
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close() //nolint:errcheck // it may be closed already
	resume := ""
	if d.cursor != "" {
		resume = "Last-Event-ID: " + d.cursor + "\r\n"
	}
	_, err = fmt.Fprintf(conn, "GET /api/v1/notifications/sse/stream/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n", d.token, resume)
	if err != nil {
		there()
		return
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		there()
		return
	}
	defer hangUp(answer)
	in := sse.NewReader(answer.Body)
	e, err := in.Next()
	there()
	if err != nil {
		return
	}
	up := e.Name == "connection"
	d.move(+1, up)
	defer d.move(-1, up)
	for ; err == nil; e, err = in.Next() {
		d.take(e, resume != "")
	}
}

func (d *stormer) move(by int, up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if up {
		d.up += by
	}
}

func (d *stormer) take(e sse.Event, resuming bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Name {
	case "connection":
		var c struct{ Resumed bool }
		d.decode(e, &c)
		if c.Resumed != resuming || resuming && e.ID != d.cursor {
			d.fault("from %q: got %s at %s", d.cursor, e.Data, e.ID)
		}
		d.cursor, d.retry, d.since = e.ID, e.Retry, time.Now()
		d.told = append(d.told, e.Retry)
	case "message":
		var n struct {
			Title string
			Data  struct{ At int64 }
		}
		d.decode(e, &n)
		if want := fmt.Sprint(d.got.Add(1)); n.Title != want {
			d.fault("number %s came, and number %s was due", n.Title, want)
		}
		if sent := time.Unix(0, n.Data.At); sent.After(d.since) { // else it was sent while the device was away
			d.waits = append(d.waits, time.Since(sent))
		}
		d.cursor = e.ID
	case "close":
		var c struct {
			Reason string
			Retry  int64
		}
		d.decode(e, &c)
		if c.Reason != "drain" || c.Retry != e.Retry.Milliseconds() {
			d.fault("got %s with retry %v", e.Data, e.Retry)
		}
		d.retry = e.Retry
		d.drained = append(d.drained, e.Retry)
	case "counts", "heartbeat":
	default:
		d.fault("got %s %s", e.Name, e.Data)
	}
}

func (d *stormer) decode(e sse.Event, into any) {
	if err := json.Unmarshal([]byte(e.Data), into); err != nil {
		d.fault("%v in %.200q", err, e.Data)
	}
}

func (d *stormer) fault(format string, args ...any) {
	d.faults = append(d.faults, d.id+": "+fmt.Sprintf(format, args...))
}
