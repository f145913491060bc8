package door

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// deferAccept is how many seconds the kernel keeps a connection that says nothing to itself.
	deferAccept = 5

	// hands is how many requests are answered at the same time by goroutines whose stacks have grown to what it takes; more
	// get one of their own, up to crowd, and what comes then waits in the kernel's queue: those who are connected go first.
	hands = 8
	crowd = 256

	backoffMin = 5 * time.Millisecond // when no more files can be opened; doubles up to
	backoffMax = time.Second
)

// A listener gives net/http what it does not answer itself.
type listener struct {
	*net.TCPListener
	path    string
	handler http.Handler
	logger  *slog.Logger

	others  chan net.Conn // for net/http
	work    chan visitor
	crowd   chan struct{} // a place for each visitor that is being answered
	done    chan struct{}
	close   func() error
	running sync.WaitGroup
}

// A visitor is a connection and what it said first.
type visitor struct {
	fd   int
	from unix.Sockaddr
	said *[]byte
}

// Listen returns a listener for an http.Server. A GET of path, with or without a trailing slash, is answered by handler,
// which gets a hijackable ResponseWriter, a request without a body, and a connection that is used for nothing else. Where l
// is no TCP listener, l itself is returned. Closing the listener waits for the handlers that are running.
func Listen(l net.Listener, path string, handler http.Handler, logger *slog.Logger) net.Listener {
	t, ok := l.(*net.TCPListener)
	if !ok {
		return l
	}
	file, raw, err := watch(t)
	if err != nil {
		logger.Warn("streams are begun by net/http", "error", err)
		return l
	}
	d := &listener{
		TCPListener: t, path: path, handler: handler, logger: logger, others: make(chan net.Conn), work: make(chan visitor),
		crowd: make(chan struct{}, crowd), done: make(chan struct{}),
	}
	d.close = sync.OnceValue(func() error {
		close(d.done)
		err := errors.Join(file.Close(), t.Close())
		d.running.Wait()
		return err
	})
	d.running.Go(func() { d.acceptAll(raw) })
	for range hands {
		d.running.Go(d.hand)
	}
	return d
}

// watch returns a descriptor of its own for a listener, because Go lets nobody wait on a listener's but by Accept.
func watch(t *net.TCPListener) (*os.File, syscall.RawConn, error) {
	own, err := t.SyscallConn()
	if err != nil {
		return nil, nil, fmt.Errorf("watch the listener: %w", err)
	}
	fd := -1
	if e := own.Control(func(old uintptr) {
		if fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			// Without it, those who say nothing at once are net/http's.
			_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, deferAccept)
			// As net/http's connections have it; those that are accepted inherit it.
			_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}
	}); e != nil || err != nil {
		return nil, nil, fmt.Errorf("watch the listener: %w", errors.Join(e, err))
	}
	file := os.NewFile(uintptr(fd), "listener")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, nil, fmt.Errorf("watch the listener: %w", errors.Join(err, file.Close()))
	}
	return file, raw, nil
}

// Accept returns a connection for net/http.
func (d *listener) Accept() (net.Conn, error) {
	select {
	case c := <-d.others:
		return c, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (d *listener) Close() error { return d.close() }

// acceptAll accepts until the listener is closed.
func (d *listener) acceptAll(raw syscall.RawConn) {
	defer close(d.work)
	for wait := backoffMin; ; {
		err := d.acceptSome(raw)
		select {
		case <-d.done:
			return
		default:
		}
		if err == nil {
			wait = backoffMin
			continue
		}
		d.logger.Warn("connections cannot be accepted; waiting", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-d.done:
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, backoffMax)
	}
}

// acceptSome accepts until there is nobody, and then waits until somebody comes.
func (d *listener) acceptSome(raw syscall.RawConn) error {
	var failed error
	err := raw.Read(func(l uintptr) bool {
		for {
			select {
			case <-d.done: // in a storm there is always another
				return true
			default:
			}
			fd, from, err := unix.Accept4(int(l), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			switch {
			case err == nil:
				if failed = d.receive(fd, from); failed != nil {
					return true
				}
			case errors.Is(err, unix.EAGAIN):
				return false
			case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			default:
				failed = fmt.Errorf("accept: %w", err)
				return true
			}
		}
	})
	return errors.Join(err, failed)
}

// receive reads what a new connection has said and sends it where it belongs. An error is one of the machine, such as too
// many open files.
func (d *listener) receive(fd int, from unix.Sockaddr) error {
	said := buffers.Get()
	v := visitor{fd: fd, from: from, said: said.(*[]byte)} //nolint:forcetypeassert // nothing else is put there
	*v.said = read(fd, (*v.said)[:cap(*v.said)])
	if !asksFor(*v.said, d.path) {
		return d.pass(v)
	}
	d.crowd <- struct{}{}
	select {
	case d.work <- v:
	default:
		d.running.Go(func() { d.answer(v) })
	}
	return nil
}

// hand answers visitors until there are no more.
func (d *listener) hand() {
	for v := range d.work {
		d.answer(v)
	}
}

// pass gives a visitor to net/http.
func (d *listener) pass(v visitor) error {
	c, err := adopt(v)
	if err != nil {
		return err
	}
	select {
	case d.others <- c:
	case <-d.done:
		_ = c.Close()
	}
	return nil
}
