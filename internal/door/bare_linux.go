package door

import (
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// A bare is a connection that is a descriptor and nothing more.
type bare struct{ fd int }

var errBare = errors.New("this connection can be taken over or closed, and nothing else")

// Detach returns the descriptor, which is the caller's from then on.
func (b *bare) Detach() int {
	fd := b.fd
	b.fd = -1
	return fd
}

// Close implements [net.Conn].
func (b *bare) Close() error {
	if b.fd < 0 {
		return net.ErrClosed
	}
	return unix.Close(b.Detach())
}

// Read implements [net.Conn].
func (*bare) Read([]byte) (int, error) { return 0, errBare }

// Write implements [net.Conn].
func (*bare) Write([]byte) (int, error) { return 0, errBare }

// LocalAddr implements [net.Conn].
func (*bare) LocalAddr() net.Addr { return nil }

// RemoteAddr implements [net.Conn].
func (*bare) RemoteAddr() net.Addr { return nil }

// SetDeadline implements [net.Conn]; it has none.
func (*bare) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.Conn].
func (*bare) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.Conn].
func (*bare) SetWriteDeadline(time.Time) error { return nil }
