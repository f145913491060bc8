package stream

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPollerTellsOnce: a peer that has left, and a socket that can be written, are told once and not until somebody acts: the
// goroutine that waits does not act.
func TestPollerTellsOnce(t *testing.T) {
	t.Parallel()
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.close(), unix.Close(pair[0])); err != nil {
			t.Error(err)
		}
	})
	events := make([]unix.EpollEvent, 8)
	once := func(want uint32) {
		t.Helper()
		n, err := p.wait(events)
		if err != nil || n != 1 || events[0].Events&want == 0 || events[0].Pad != 7 {
			t.Errorf("got %d events, %+v, %v; want one of %x", n, events[0], err, want)
		}
		if n, err := unix.EpollWait(p.fd, events, 0); n != 0 || err != nil {
			t.Errorf("told again: %+v, %v", events[:n], err)
		}
	}
	if err := p.add(pair[0], 7); err != nil {
		t.Fatal(err)
	}
	if err := p.change(pair[0], 7, writable); err != nil {
		t.Fatal(err)
	}
	once(writable)
	if err := p.change(pair[0], 7, writable); err != nil { // asked anew, answered anew
		t.Fatal(err)
	}
	once(writable)
	if err := p.change(pair[0], 7, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(pair[1]); err != nil {
		t.Fatal(err)
	}
	once(peerLeft)
}
