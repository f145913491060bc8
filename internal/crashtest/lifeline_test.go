package crashtest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// A crowd is what many streams at once have in common.
type crowd struct {
	mu     sync.Mutex
	up     int      // how many are there
	faults []string // of each, with its name
}

// A lifeline is one stream of a crowd, which comes back where it was, when it was told to. It is one goroutine on a bare connection, for there
// are thousands. Its fields are under the crowd's lock.
type lifeline struct {
	*person
	crowd  *crowd
	cursor string
	retry  time.Duration // until it comes back
	since  time.Time     // it listens
}

// live calls connect again and again until ctx ends. The first time it passes the gate, which lets few in at once: connect calls there when
// it is answered, or has failed.
func (l *lifeline) live(ctx context.Context, gate chan struct{}, connect func(there func())) {
	for first := true; ctx.Err() == nil; first = false {
		if first {
			gate <- struct{}{}
			connect(func() { <-gate })
		} else {
			connect(func() {})
		}
		timer := time.NewTimer(l.retry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// connect is one stream; it calls there when it is answered, or has failed, and take for each event, under the crowd's lock.
func (l *lifeline) connect(ctx context.Context, address string, there func(), take func(e sse.Event, resuming bool)) {
	answer, hangUp, err := l.open(ctx, address) //nolint:bodyclose // to close it would read on to its end; hangUp closes the connection
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
	locked := func(do func()) {
		l.crowd.mu.Lock()
		defer l.crowd.mu.Unlock()
		do()
	}
	if e.Name == "connection" {
		locked(func() { l.crowd.up++ })
		defer locked(func() { l.crowd.up-- })
	}
	resuming := l.cursor != ""
	for ; err == nil; e, err = in.Next() {
		locked(func() { take(e, resuming) })
	}
}

// open makes the connection, asks for what comes after the cursor, and reads the head of the answer.
func (l *lifeline) open(ctx context.Context, address string) (answer *http.Response, hangUp func(), err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	hangUp = func() {
		stop()
		_ = conn.Close() // it may be closed already
	}
	resume := ""
	if l.cursor != "" {
		resume = "Last-Event-ID: " + l.cursor + "\r\n"
	}
	_, err = fmt.Fprintf(conn, "GET /api/v1/notifications/sse/stream/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n", l.token, resume)
	if err == nil {
		answer, err = http.ReadResponse(bufio.NewReader(conn), nil)
	}
	if err != nil {
		hangUp()
		return nil, nil, err
	}
	return answer, hangUp, nil
}

// begin takes the first event, and checks that the stream goes on where it was.
func (l *lifeline) begin(e sse.Event, resuming bool) (resumed bool) {
	var c struct{ Resumed bool }
	l.decode(e, &c)
	if c.Resumed != resuming || resuming && e.ID != l.cursor {
		l.fault("from %q: got %s at %s", l.cursor, e.Data, e.ID)
	}
	l.cursor, l.retry, l.since = e.ID, e.Retry, time.Now()
	return c.Resumed
}

func (l *lifeline) decode(e sse.Event, into any) {
	if err := json.Unmarshal([]byte(e.Data), into); err != nil {
		l.fault("%v in %.200q", err, e.Data)
	}
}

func (l *lifeline) fault(format string, args ...any) {
	l.crowd.faults = append(l.crowd.faults, l.id+": "+fmt.Sprintf(format, args...))
}
