package door

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// maxHead is how long the head of a request for a stream may be; a longer one is net/http's.
const maxHead = 8 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, maxHead); return &b }}

// read returns what has arrived so far.
func read(fd int, into []byte) []byte {
	for {
		n, err := unix.Read(fd, into)
		if !errors.Is(err, unix.EINTR) {
			return into[:max(n, 0)] // an error comes again to whoever reads next
		}
	}
}

// address is the visitor's.
func (v *visitor) address() netip.AddrPort {
	switch a := v.from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// adopt makes a net.Conn of a visitor, which gives back first what was read.
func adopt(v visitor) (net.Conn, error) {
	defer buffers.Put(v.said)
	f := os.NewFile(uintptr(v.fd), "")
	c, err := net.FileConn(f)
	if e := f.Close(); err == nil && e != nil {
		_ = c.Close()
		err = e
	}
	if err != nil {
		return nil, fmt.Errorf("adopt: %w", err)
	}
	t, ok := c.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errors.New("adopt: not a TCP connection"), c.Close())
	}
	_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}) // as net.ListenConfig does, and as little does it matter
	if len(*v.said) == 0 {
		return t, nil
	}
	return &spoken{TCPConn: t, said: bytes.Clone(*v.said)}, nil
}

// A spoken is a connection of which something was read already.
type spoken struct {
	*net.TCPConn
	said []byte
}

// Read implements [net.Conn].
func (s *spoken) Read(b []byte) (int, error) {
	if len(s.said) == 0 {
		return s.TCPConn.Read(b)
	}
	n := copy(b, s.said)
	if s.said = s.said[n:]; len(s.said) == 0 {
		s.said = nil
	}
	return n, nil
}

// PlainConn returns the connection underneath, for whoever takes it over after the first request, of which what was read
// is a part.
func (s *spoken) PlainConn() net.Conn { return s.TCPConn }

// WriteTo implements [io.WriterTo]; the connection's own would skip what was read.
func (s *spoken) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.said)
	s.said = nil
	if err != nil {
		return int64(n), fmt.Errorf("write what was read: %w", err)
	}
	rest, err := s.TCPConn.WriteTo(w)
	return int64(n) + rest, err //nolint:wrapcheck // as if it were the connection's
}
