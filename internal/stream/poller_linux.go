package stream

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A poller tells which sockets were closed by their peers, or can be written again. It is an epoll descriptor that Go's
// own poller watches in turn, so that waiting for it holds no thread.
type poller struct {
	fd   int
	file *os.File
	raw  syscall.RawConn
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or os.NewFile would not have it watched
		return nil, errors.Join(fmt.Errorf("set epoll non-blocking: %w", err), unix.Close(fd))
	}
	p := &poller{fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("watch epoll: %w", err), p.file.Close())
	}
	return p, nil
}

// wait waits for events; after close it returns an error.
func (p *poller) wait(events []unix.EpollEvent) (n int, err error) {
	failed := p.raw.Read(func(fd uintptr) bool {
		for {
			n, err = unix.EpollWait(int(fd), events, 0)
			if !errors.Is(err, unix.EINTR) {
				return n > 0 || err != nil
			}
		}
	})
	return n, errors.Join(failed, err)
}

const (
	peerLeft = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	writable = unix.EPOLLOUT

	// watched are told once each time that they come about, not for as long as they last: whoever waits for events does not
	// act on them, and would be told again and again until the loop has.
	watched = unix.EPOLLRDHUP | unix.EPOLLET
)

// add watches a socket; the generation comes back with its events, for descriptors are used again.
func (p *poller) add(fd int, generation int32) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: watched, Fd: int32(fd), Pad: generation})
}

// change also asks, or no longer asks, when the socket can be written.
func (p *poller) change(fd int, generation int32, events uint32) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: watched | events, Fd: int32(fd), Pad: generation})
}

func (p *poller) close() error { return p.file.Close() }
