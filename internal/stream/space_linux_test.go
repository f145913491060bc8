package stream_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// asRoot makes a test root among its own, in a user namespace: it calls the test again, in a child. It reports whether it did.
// Where that may not be, the test fails: it would say nothing by being left out.
func asRoot(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return false
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	out, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("in a user namespace of its own: %v; where these are forbidden, run this test as root\n%s", err, out)
	}
	t.Logf("in a user namespace:\n%s", out)
	return true
}

// A space is a network namespace: a thread that has left the machine's network, and what it is given to do.
type space struct {
	t    *testing.T
	work chan func()
	tid  int
}

func newSpace(t *testing.T) *space {
	t.Helper()
	s := &space{t: t, work: make(chan func())}
	entered, done := make(chan error), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine, for it can serve nobody else
		err := unix.Unshare(unix.CLONE_NEWNET)
		s.tid = unix.Gettid()
		entered <- err
		for fn := range s.work {
			fn()
		}
	}()
	t.Cleanup(func() { close(s.work); <-done })
	if err := <-entered; err != nil {
		t.Fatalf("this test needs a network of its own, and may not make one: %v", err)
	}
	return s
}

// do runs fn in the space. What it opens there stays there.
func (s *space) do(fn func()) {
	done := make(chan struct{})
	s.work <- func() { defer close(done); fn() }
	<-done
}

// ip runs a command of iproute2 in the space.
func (s *space) ip(words ...string) {
	s.t.Helper()
	var out []byte
	var err error
	s.do(func() { out, err = exec.CommandContext(s.t.Context(), "ip", words...).CombinedOutput() })
	if err != nil {
		s.t.Fatalf("ip %v (Debian: iproute2; .ci/setup installs it): %v %s", words, err, out)
	}
}

// The two ends of the cable.
const (
	here  = "198.18.0.1"
	there = "198.18.0.2"
)

// cable lays a cable between two spaces.
func cable(from, to *space) {
	from.ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", fmt.Sprint(to.tid))
	from.ip("addr", "add", here+"/30", "dev", "here")
	from.ip("link", "set", "here", "up")
	to.ip("addr", "add", there+"/30", "dev", "there")
	to.ip("link", "set", "there", "up")
}

// cut has everything vanish on its way from here, as in the middle of a network: neither side is told. A cable that is pulled
// would be noticed.
func (s *space) cut() {
	s.t.Helper()
	s.ip("neigh", "replace", there, "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", "here")
}

// listen opens a listener in the space.
func (s *space) listen(address string) (l net.Listener) {
	s.t.Helper()
	var err error
	s.do(func() { l, err = (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", address) })
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// dial connects from the space, and says something. It returns the bare socket, which no runtime looks at.
func (s *space) dial(address net.Addr, says string) (fd int) {
	s.t.Helper()
	to := netip.MustParseAddrPort(address.String())
	var err error
	s.do(func() {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
			err = unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = unix.Close(fd) })
	if _, err := unix.Write(fd, []byte(says)); err != nil {
		s.t.Fatal(err)
	}
	return fd
}
