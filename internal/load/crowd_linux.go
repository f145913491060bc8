package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// polled is a crowd in one thread: what a goroutine and a buffer for each of thousands of streams would cost is
// taken from the server, where both share a machine.
type polled struct {
	epoll int
	addrs []syscall.Sockaddr // of the nodes
	kinds []int
	aud   *audience
	fds   []int
	stop  atomic.Bool
	done  chan struct{}
}

func newPolled(addrs []*net.TCPAddr, a *audience) (crowd, error) {
	p := &polled{aud: a, done: make(chan struct{})}
	for _, addr := range addrs {
		if ip := addr.IP.To4(); ip != nil {
			p.kinds, p.addrs = append(p.kinds, syscall.AF_INET), append(p.addrs, &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(ip)})
		} else {
			p.kinds, p.addrs = append(p.kinds, syscall.AF_INET6), append(p.addrs, &syscall.SockaddrInet6{Port: addr.Port, Addr: [16]byte(addr.IP.To16())})
		}
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	p.epoll = epoll
	go p.run()
	return p, nil
}

func (p *polled) open(_ context.Context, stream int, request []byte) error {
	node := stream % len(p.addrs)
	fd, err := syscall.Socket(p.kinds[node], syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("this process may hold no more than %d files; raise the limit (ulimit -n), or open fewer streams", stream)
	}
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	p.fds = append(p.fds, fd)
	// Closing is a reset: thousands of ports in TIME_WAIT would be missing in the next run.
	if err := syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	timeout := syscall.NsecToTimeval(connectTimeout.Nanoseconds()) // of connect too
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := again(func() error { return syscall.Connect(fd, p.addrs[node]) }); err != nil && !errors.Is(err, syscall.EISCONN) {
		return os.NewSyscallError("connect", err)
	}
	write := func() error { _, err := syscall.Write(fd, request); return err } // it is shorter than any socket's buffer
	if err := again(write); err != nil {
		return os.NewSyscallError("write", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	// The event carries all that run needs to know.
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: int32(fd), Pad: int32(stream)}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &event))
}

// again makes a call once more when a signal came between; the runtime sends itself some.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// run reads until it is stopped.
func (p *polled) run() {
	defer close(p.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const lookAround = 50 // milliseconds between looks at stop
	events, buf := make([]syscall.EpollEvent, 1024), make([]byte, 64<<10)
	for !p.stop.Load() {
		n, err := syscall.EpollWait(p.epoll, events, lookAround)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			p.aud.Lock()
			p.aud.err = os.NewSyscallError("epoll_wait", err)
			p.aud.unlock()
			return
		}
		now := time.Now().UnixNano()
		p.aud.Lock()
		for _, e := range events[:max(n, 0)] {
			p.read(int(e.Fd), int(e.Pad), buf, now)
		}
		p.aud.unlock()
	}
}

// read takes what one stream has, as far as there is room; the rest is told again.
func (p *polled) read(fd, stream int, buf []byte, now int64) {
	n, err := syscall.Read(fd, buf)
	switch {
	case n > 0:
		p.aud.hear(stream, buf[:n], now)
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
	default:
		_ = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_DEL, fd, nil) // else its end would be told for ever
		p.aud.gone(stream)
	}
}

func (p *polled) close() {
	p.stop.Store(true)
	<-p.done
	for _, fd := range p.fds {
		_ = syscall.Close(fd)
	}
	_ = syscall.Close(p.epoll)
}
