package stream_test

import (
	"net"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// goodbyes are the ways in which a peer leaves.
func goodbyes() map[string]func(*caller) {
	return map[string]func(*caller){
		"close": func(c *caller) { _ = c.conn.Close() },
		"reset": (*caller).reset,
		"half-close": func(c *caller) {
			if err := c.conn.(*net.TCPConn).CloseWrite(); err != nil { //nolint:forcetypeassert // these tests dial TCP
				c.t.Error(err)
			}
		},
	}
}

// TestParkedPeerLeaves: noticed at once, in whatever the stream is about, and told once.
func TestParkedPeerLeaves(t *testing.T) {
	t.Parallel()
	for name, leave := range goodbyes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told endings
			slow := &slowStore{}
			n := start(t, func(c *stream.Config) { slow.Inboxes, c.Store, c.Ended = c.Store, slow, told.ended })
			n.hub.SetPatience(time.Hour, time.Hour)
			server := reach(t, n, nil, func(q *stream.Request) { q.Watched = true })
			gone := func() bool { return n.connections() == 0 }

			idle := call(t, server, "ada")
			idle.want("connection 0 0")
			leave(idle)
			eventually(t, "an idle stream is gone", gone)

			jammed := call(t, server, "ada")
			jammed.want("connection 0 0")
			n.jam(t, "ada", 1)
			leave(jammed)
			eventually(t, "a jammed stream is gone", gone)

			reading := call(t, server, "ada")
			reading.want("connection 1000 1000")
			slow.delay.Store(int64(time.Hour))
			before := slow.reads.Load()
			n.prefer("ada", belfry.Preferences{})
			eventually(t, "the store is read", func() bool { return slow.reads.Load() > before })
			leave(reading)
			began := time.Now()
			eventually(t, "a stream that reads the store is gone, and its read", func() bool { return gone() && slow.under.Load() == 0 })
			if d := time.Since(began); d > 5*time.Second { // a read that nobody ends gives up after ten
				t.Errorf("its read went on for %v", d)
			}

			before = slow.reads.Load()
			joining := ask(t, server, "GET /?user=eve HTTP/1.1\r\nHost: x\r\n\r\n")
			eventually(t, "the store is read", func() bool { return slow.reads.Load() > before })
			leave(joining)
			eventually(t, "a stream that joins is gone", gone)
			told.want(t, 4)
			if s := n.hub.Stats(); s.Parked != 0 || s.Jammed != 0 || s.Topics != 0 {
				t.Errorf("left over: %+v", s)
			}
		})
	}
}

// TestParkedEndings: each stream's end is told once, however it ends; one that was refused has none.
func TestParkedEndings(t *testing.T) {
	t.Parallel()
	var told endings
	n := start(t, func(c *stream.Config) { c.Ended, c.MaxPerUser = told.ended, 1 })
	server := reach(t, n, nil, func(q *stream.Request) {
		q.Watched = q.User != "unwatched"
		if q.User == "brief" {
			q.ExpiresAt = time.Now().Add(100 * time.Millisecond)
		}
	})
	end := func(user, with string, by func()) {
		t.Helper()
		c := call(t, server, user)
		c.want("connection 0 0")
		by()
		c.until(with)
		c.wantEnd()
	}
	hangup := func(user string, why belfry.CloseReason) func() {
		return func() { n.ring([]belfry.Ring{{User: user, Hangup: belfry.Hangup{Reason: why}}}) }
	}
	end("ada", "close closed", hangup("ada", belfry.CloseClosed))
	end("ada", "close revoked", hangup("ada", belfry.CloseRevoked))
	end("unwatched", "close closed", hangup("unwatched", belfry.CloseClosed))
	end("brief", "close expired", func() {})
	first, refused := call(t, server, "bob"), call(t, server, "bob")
	refused.want("close limit")
	first.want("connection 0 0")
	if err := n.hub.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.want("close drain")
	late := call(t, server, "bob")
	late.want("close drain")
	told.want(t, 4)
}

// TestParkedHangupWhileJoining: a stream that is told to end before it has begun says so, whatever the store does.
func TestParkedHangupWhileJoining(t *testing.T) {
	t.Parallel()
	n, slow := startSlow(t, time.Hour)
	c := ask(t, reach(t, n, nil, nil), "GET /?user=ada HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "the store is read", func() bool { return slow.reads.Load() == 1 })
	if got := n.hub.Hangup("ada", "", belfry.CloseClosed); got != 1 {
		t.Errorf("%d told, want 1", got)
	}
	c.begin(c.conn)
	c.want("close closed")
	c.wantEnd()
}
