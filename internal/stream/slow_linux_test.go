package stream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// number is which of what jam sent an event is.
func number(word string) (n int) {
	if _, err := fmt.Sscanf(word, "message %d ", &n); err != nil {
		return -1
	}
	return n
}

// wantAll reads messages from one number up to another, each once and in order, whatever counts come between.
func (c *caller) wantAll(from, to int) {
	c.t.Helper()
	for from < to {
		w := word(c.next())
		if strings.HasPrefix(w, "counts ") {
			continue
		}
		if got := number(w); got != from {
			c.t.Fatalf("want message %d, got %.30s", from, w)
		}
		from++
	}
}

// TestParkedSlowReader: who stops reading costs memory that is bounded, delays nobody, and misses nothing when they read on.
func TestParkedSlowReader(t *testing.T) {
	t.Parallel()
	n := start(t)
	server := reach(t, n, nil, nil)
	slow, quick, other := call(t, server, "ada"), call(t, server, "ada"), call(t, server, "bob")
	for _, c := range []*caller{slow, quick, other} {
		c.want("connection 0 0")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		quick.wantAll(0, 1000)
		quick.until("counts 1000 1000")
	}()
	n.jam(t, "ada", 1)
	<-done
	if frames, size := n.hub.Held("ada"); frames > 256 || size > 256<<10 {
		t.Errorf("%d frames, %d bytes are held for the slow one", frames, size)
	}
	n.send("bob", "hello")
	other.want("message hello", "counts 1 1")
	slow.wantAll(0, 1000)
	slow.want("counts 1000 1000")
	if got := n.hub.Stats().Jammed; got != 0 {
		t.Errorf("%d streams are still jammed", got)
	}
	n.send("ada", "live")
	slow.want("message live", "counts 1001 1001")
}

// TestParkedDrip: a reader that takes a byte at a time, and then a few, jams and un-jams in the middle of frames, and gets
// them whole.
func TestParkedDrip(t *testing.T) {
	t.Parallel()
	n := start(t)
	server := reach(t, n, nil, nil)
	c := ask(t, server, "GET /?user=ada HTTP/1.1\r\nHost: x\r\n\r\n")
	// A large buffer before the dripping reader would take from the socket at once what it then drips.
	drip := io.MultiReader(iotest.OneByteReader(io.LimitReader(c.conn, 50_000)), bufio.NewReaderSize(c.conn, 611))
	c.begin(bufio.NewReaderSize(drip, 16))
	c.want("connection 0 0")
	n.jam(t, "ada", 1)
	c.wantAll(0, 1000)
	c.want("counts 1000 1000")
}

// TestParkedFarBehind: who fell further behind than a stream replays is told to load the list.
func TestParkedFarBehind(t *testing.T) {
	t.Parallel()
	n := start(t)
	c := call(t, reach(t, n, nil, nil), "ada")
	c.want("connection 0 0")
	n.jam(t, "ada", 1)
	n.ring(n.toggle("ada", 6))
	last := ""
	for !strings.HasPrefix(last, "reset") {
		last = word(c.next())
	}
	if last != "reset backlog" {
		t.Errorf("want reset backlog, got %s", last)
	}
	c.want("counts 1000 1000")
	n.send("ada", "live")
	c.want("message live", "counts 1001 1001")
}

// TestParkedDeadReader: a socket that takes nothing for long enough is given up.
func TestParkedDeadReader(t *testing.T) {
	t.Parallel()
	var told endings
	n := start(t, func(c *stream.Config) { c.Ended = told.ended })
	n.hub.SetPatience(50*time.Millisecond, time.Hour)
	server := reach(t, n, nil, func(q *stream.Request) { q.Watched = true })
	dead, alive := call(t, server, "ada"), call(t, server, "bob")
	dead.want("connection 0 0")
	alive.want("connection 0 0")
	for i := range 1000 {
		n.send("ada", fmt.Sprintf("%d %01000d", i, 0))
	}
	eventually(t, "the dead one is gone", func() bool { return n.connections() == 1 })
	n.send("bob", "hello")
	alive.want("message hello", "counts 1 1")
	told.want(t, 1)
}

// TestParkedCloseWithStuckReaders: neither those who take nothing nor those who take a byte now and then hold back the end.
func TestParkedCloseWithStuckReaders(t *testing.T) {
	t.Parallel()
	var told endings
	n := start(t, func(c *stream.Config) { c.Ended = told.ended })
	n.hub.SetPatience(time.Hour, 100*time.Millisecond)
	server := reach(t, n, nil, func(q *stream.Request) { q.Watched = true })
	var slow *caller
	dripping := make(chan struct{})
	for i := range 20 {
		c := call(t, server, "ada")
		c.want("connection 0 0")
		if i > 0 {
			continue
		}
		slow = c
		go func() {
			defer close(dripping)
			var one [1]byte
			for _, err := c.conn.Read(one[:]); err == nil; _, err = c.conn.Read(one[:]) {
				<-time.After(100 * time.Microsecond) // a slow line, not a condition that is waited for
			}
		}()
	}
	for i := range 1000 {
		n.send("ada", fmt.Sprintf("%d %01000d", i, 0))
	}
	eventually(t, "full sockets", func() bool { return n.hub.Stats().Jammed >= 19 })
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience/2) // then they are cut off
	defer cancel()
	if err := n.hub.Close(ctx); err != nil || time.Since(began) > patience/4 {
		t.Errorf("closed with %v after %v", err, time.Since(began))
	}
	_ = slow.conn.Close()
	<-dripping
	told.want(t, 20)
	if s := n.hub.Stats(); s.Parked != 0 || s.Jammed != 0 || s.Connections != 0 {
		t.Errorf("left over: %+v", s)
	}
}

// TestParkedToldToEndWhileJammed: who reads on in time gets what was on its way, and the word.
func TestParkedToldToEndWhileJammed(t *testing.T) {
	t.Parallel()
	n := start(t)
	n.hub.SetPatience(time.Hour, time.Hour)
	c := call(t, reach(t, n, nil, nil), "ada")
	c.want("connection 0 0")
	n.jam(t, "ada", 1)
	if got := n.hub.Hangup("ada", "", belfry.CloseClosed); got != 1 {
		t.Fatalf("%d told, want 1", got)
	}
	seen := 0
	for {
		w := word(c.next())
		if w == "close closed" {
			break
		}
		if k := number(w); k >= 0 {
			if k != seen {
				t.Fatalf("want message %d, got %d", seen, k)
			}
			seen++
		}
	}
	c.wantEnd()
	if seen == 1000 {
		t.Error("it was not jammed at all")
	}
}

// TestParkedForcedClose: what cannot be waited for is cut off, whether it is stuck, reads the store, or is on its way in.
func TestParkedForcedClose(t *testing.T) {
	t.Parallel()
	for range 5 {
		var told endings
		n := start(t, func(c *stream.Config) { c.Ended = told.ended })
		n.hub.SetPatience(time.Hour, time.Hour)
		server := reach(t, n, nil, func(q *stream.Request) { q.Watched = true })
		stuck := call(t, server, "ada")
		stuck.want("connection 0 0")
		n.jam(t, "ada", 1)
		var coming []*caller
		for i := range 40 {
			coming = append(coming, ask(t, server, fmt.Sprintf("GET /?user=u%d HTTP/1.1\r\nHost: x\r\n\r\n", i)))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := n.hub.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, c := range coming {
			if _, err := io.Copy(io.Discard, c.conn); errors.Is(err, context.DeadlineExceeded) {
				t.Fatal("a stream was left open")
			}
		}
		if err := n.hub.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := n.hub.Stats(); s.Parked != 0 || s.Jammed != 0 {
			t.Errorf("left over: %+v", s)
		}
	}
}
