package stream

import (
	"fmt"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// sendBuffer bounds what the kernel holds for a reader that has stopped (it doubles the number); a live one takes it in
	// a few milliseconds.
	sendBuffer = 64 << 10

	// peerTimeout is how long the kernel waits for an acknowledgement before it takes the peer for dead: a heartbeat finds
	// whoever left without a word.
	peerTimeout = 20 * time.Second
)

// takeOver returns a descriptor of its own for a connection, and closes the connection, which is then no longer known to
// Go's poller. ok: the connection has one, and is closed.
func takeOver(c net.Conn) (fd int, ok bool, err error) {
	var raw syscall.RawConn
	// Not NetConn, which a TLS connection has, too: under it, everything is encrypted.
	if n, ok := c.(interface{ PlainConn() net.Conn }); ok {
		c = n.PlainConn()
	}
	switch c := c.(type) {
	case interface{ Detach() int }: // of a listener that gives descriptors away
		fd = c.Detach()
		tune(fd)
		return fd, true, nil
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		raw, err = c.SyscallConn()
	default:
		return -1, false, nil
	}
	if err == nil {
		fd = -1
		if e := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err == nil {
			err = e
		}
	}
	if e := c.Close(); err == nil && e != nil {
		_ = unix.Close(fd)
		err = e
	}
	if err != nil {
		return -1, true, fmt.Errorf("take over the socket: %w", err)
	}
	tune(fd)
	return fd, true, nil
}

// tune sets what a stream's socket needs. Where it cannot be (a Unix socket has no such timeout), streams work without.
func tune(fd int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(peerTimeout/time.Millisecond))
}

// send writes what the socket takes now; less than all is no error. The call never waits, so Go's scheduler is not told of
// it: to tell costs a tenth of the write.
func send(fd int, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
