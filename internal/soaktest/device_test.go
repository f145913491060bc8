package soaktest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

const (
	streamPath = "/api/v1/notifications/sse/stream/"
	countsPath = "/api/v1/notifications/counts/"
)

// A device is one tab of a person over the whole soak: it keeps its place through all its streams.
type device struct {
	*world
	person  *person
	name    string
	address string
	rand    *rand.Rand
	mangle  func(sse.Event) []sse.Event

	mu         sync.Mutex
	cursor     string
	own        tally
	broadcasts []tally
}

// A tally holds the numbers that came against those that are due. In a strict one they come one after another; otherwise
// each comes once, in any order: what was read while a device was away comes where it was read.
type tally struct {
	strict bool
	next   uint32 // all up to it have come
	early  map[uint32]bool
}

func (t *tally) has(n uint32) bool { return n <= t.next || t.early[n] }

func (t *tally) came(n uint32) string {
	switch {
	case n == t.next+1:
		for t.next++; t.early[t.next+1]; t.next++ {
			delete(t.early, t.next+1)
		}
	case t.strict || n <= t.next || t.early[n]:
		last := t.next
		t.next = max(last, n) // a gap is one fault
		return fmt.Sprintf("%d came after %d", n, last)
	default:
		if t.early == nil {
			t.early = map[uint32]bool{}
		}
		t.early[n] = true
	}
	return ""
}

// live connects again and again until ctx ends.
func (d *device) live(ctx context.Context) {
	for ctx.Err() == nil {
		d.connect(ctx)
		if !d.settling.Load() {
			d.nap(ctx, d.some(1500*time.Millisecond))
		}
	}
}

// some is a random part of a span.
func (d *device) some(span time.Duration) time.Duration {
	return time.Duration(d.rand.Int64N(int64(span)))
}

// nap lets time pass: here that is not a way to wait for something, but what people do.
func (d *device) nap(ctx context.Context, span time.Duration) {
	timer := time.NewTimer(d.short(span))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// connect is one stream, until its time is over or ctx ends.
func (d *device) connect(ctx context.Context) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", d.address)
	if err != nil {
		if ctx.Err() == nil {
			d.faults.add("%s: %v", d.name, err)
		}
		return
	}
	tcp := conn.(*net.TCPConn)
	if d.rand.IntN(3) == 0 {
		_ = tcp.SetReadBuffer(4096) // a stall is felt at once
	}
	if d.rand.IntN(2) == 0 {
		_ = tcp.SetLinger(0) // it leaves by a reset
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close() //nolint:errcheck // it may be closed already
	after := d.at()
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\nLast-Event-ID: %s\r\n\r\n", streamPath, d.person.token, after); err != nil {
		d.ended(ctx, err)
		return
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		d.ended(ctx, err)
		return
	}
	defer answer.Body.Close() //nolint:errcheck // the connection is closed in any case
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		d.faults.add("%s: a stream was answered %d %s", d.name, answer.StatusCode, text)
		return
	}
	d.opened.Add(1)
	d.read(ctx, conn, sse.NewReader(answer.Body), after)
}

// read takes events until the device has enough, or the world settles and ctx ends.
func (d *device) read(ctx context.Context, conn net.Conn, in *sse.Reader, after string) {
	if err := conn.SetReadDeadline(time.Now().Add(d.short(d.some(12 * time.Second)))); err != nil {
		d.ended(ctx, err)
		return
	}
	for {
		e, err := in.Next()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return // the reader keeps no half event for the next stream: the cursor did not move
		case err != nil:
			d.ended(ctx, err)
			return
		}
		events := []sse.Event{e}
		if d.mangle != nil {
			events = d.mangle(e)
		}
		for _, e := range events {
			d.take(e, after)
		}
		if !d.settling.Load() && d.rand.IntN(100) == 0 {
			d.stalls.Add(1)
			d.nap(ctx, d.some(2*time.Second))
		}
	}
}

// ended judges the end of a connection that the device did not want.
func (d *device) ended(ctx context.Context, err error) {
	if ctx.Err() == nil {
		d.faults.add("%s: the stream broke: %v", d.name, err)
	}
}

// take notes an event.
func (d *device) take(e sse.Event, after string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Name {
	case "connection":
		var c struct{ Resumed bool }
		if err := json.Unmarshal([]byte(e.Data), &c); err != nil || !c.Resumed || e.ID != after {
			d.faults.add("%s: resumed from %s: got %s at %s, %v", d.name, after, e.Data, e.ID, err)
		}
		d.resumed.Add(1)
	case "message":
		d.events.Add(1)
		d.cursor = e.ID
		d.number(e)
	case "update":
		d.cursor = e.ID
		d.number(e)
	case "delete":
		d.cursor = e.ID
	case "counts", "heartbeat":
	default:
		d.faults.add("%s: the server sent %s: %s", d.name, e.Name, e.Data)
	}
}

// number holds a notification against what is due. An update may be the first that the device hears of it: where its place was in
// the middle of what it missed, and what was behind it has changed since, it stands in the log as it is now, and once.
func (d *device) number(e sse.Event) {
	var n struct{ Title string }
	if err := json.Unmarshal([]byte(e.Data), &n); err != nil {
		d.faults.add("%s: %v in %.200q", d.name, err, e.Data)
		return
	}
	t, number := d.due(n.Title)
	fault := ""
	switch {
	case t == nil:
		fault = "nobody sent it"
	case e.Name == "message", !t.strict && !t.has(number):
		fault = t.came(number)
	case t.strict:
		fault = "nobody changed it"
	}
	if fault != "" {
		d.faults.add("%s: %s %q at %s: %s", d.name, e.Name, n.Title, e.ID, fault)
	}
}

// due finds where a title counts; nil: nowhere.
func (d *device) due(title string) (t *tally, number uint32) {
	var lane int
	if _, err := fmt.Sscanf(title, "to one %d", &number); err == nil {
		return &d.own, number
	}
	if _, err := fmt.Sscanf(title, "to all %d %d", &lane, &number); err == nil && lane < len(d.broadcasts) {
		return &d.broadcasts[lane], number
	}
	return nil, 0
}

// missing says what has not come that was sent, and "" when all has.
func (d *device) missing() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if want := d.person.sent.Load(); d.own.next != want {
		return fmt.Sprintf("of %d to them, all after %d is missing, but for %d", want, d.own.next, len(d.own.early))
	}
	for lane := range d.broadcasts {
		if want := d.world.broadcasts[lane].Load(); d.broadcasts[lane].next != want {
			return fmt.Sprintf("of %d broadcasts by %d, all after %d is missing, but for %d", want, lane, d.broadcasts[lane].next, len(d.broadcasts[lane].early))
		}
	}
	return ""
}

func (d *device) at() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cursor
}
