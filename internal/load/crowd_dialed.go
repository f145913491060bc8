package load

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"sync"
	"time"
)

// dialed is a crowd with a goroutine for each stream: it works everywhere, and speaks TLS.
type dialed struct {
	target  *Target
	aud     *audience
	conns   []net.Conn
	readers sync.WaitGroup
	closing chan struct{}
}

func newDialed(target *Target, a *audience) *dialed {
	return &dialed{target: target, aud: a, closing: make(chan struct{})}
}

func (d *dialed) open(ctx context.Context, stream int, request []byte) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := dial(ctx, d.target, d.target.node(stream))
	if err != nil {
		return err
	}
	d.conns = append(d.conns, conn)
	if _, err := conn.Write(request); err != nil {
		return err
	}
	d.readers.Go(func() { d.read(stream, conn) })
	return nil
}

func dial(ctx context.Context, t *Target, node *url.URL) (net.Conn, error) {
	if node.Scheme == "https" {
		config := t.TLS.Clone() // of nil it is nil
		if config == nil {
			config = new(tls.Config)
		}
		config.NextProtos = []string{"http/1.1"} // a stream of HTTP/2 shares its connection
		return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", hostPort(node))
	}
	return new(net.Dialer).DialContext(ctx, "tcp", hostPort(node))
}

func (d *dialed) read(stream int, conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		now := time.Now().UnixNano()
		d.aud.Lock()
		if n > 0 {
			d.aud.hear(stream, buf[:n], now)
		}
		if err != nil {
			select {
			case <-d.closing:
			default:
				d.aud.gone(stream)
			}
		}
		d.aud.unlock()
		if err != nil {
			return
		}
	}
}

func (d *dialed) close() {
	close(d.closing)
	for _, c := range d.conns {
		_ = c.Close() // nothing is written to it any more
	}
	d.readers.Wait()
}
