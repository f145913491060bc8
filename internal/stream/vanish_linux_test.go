package stream_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/belfryhq/belfry/internal/stream"
)

// TestPeerVanished: a peer that is cut off, so that nobody says that it has left, is found by a heartbeat that is not
// acknowledged: the stream is gone, from the status and from the numbers, within the heartbeat's interval and 20 seconds. One that
// is there and only does not read stays.
func TestPeerVanished(t *testing.T) {
	t.Parallel()
	if asRoot(t) {
		return
	}
	const (
		heartbeat = time.Second
		unheard   = 20 * time.Second
		slack     = 5 * time.Second // the kernel looks when it sends again
	)
	server, client := newSpace(t), newSpace(t)
	cable(server, client)
	n := start(t, func(c *stream.Config) { c.Heartbeat = heartbeat })
	far := reach(t, n, server.listen(here+":0"), nil)
	near := call(t, reach(t, n, nil, nil), "near")
	near.want("connection 0 0")
	fd := client.dial(far.Listener.Addr(), "GET /?user=ada HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "the stream is parked", func() bool { return n.hub.Stats().Parked == 2 })
	if got := n.transport(t, "ada"); got != "parked" {
		t.Fatalf("the stream is %s", got)
	}
	server.cut()
	cut := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n.hub.Stats().Connections > 1 {
		if <-tick.C; time.Since(cut) > heartbeat+unheard+slack {
			t.Fatalf("after %v the stream of a peer that has vanished is still there", time.Since(cut))
		}
	}
	t.Logf("found after %v", time.Since(cut))
	if s := n.hub.Stats(); s.Connections != 1 || s.Parked != 1 || s.Jammed != 0 {
		t.Errorf("the numbers say %+v, want one stream, that of the peer who is there", s)
	}
	if n.hub.Status("ada").IsConnected || !n.hub.Status("near").IsConnected {
		t.Error("the peer who is there was cut off, too")
	}
	// Nobody told the peer, so nobody was told by the peer.
	var b [1 << 16]byte
	for {
		k, _, err := unix.Recvfrom(fd, b[:], unix.MSG_DONTWAIT)
		if k > 0 {
			continue
		}
		if !errors.Is(err, unix.EAGAIN) {
			t.Errorf("the peer was told: read %d, %v", k, err)
		}
		return
	}
}
