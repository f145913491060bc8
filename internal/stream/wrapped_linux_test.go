package stream_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/belfryhq/belfry"
)

// A counter is a listener that counts its open connections, as one that limits them does.
type counter struct {
	net.Listener
	open *atomic.Int64
}

type counted struct {
	net.Conn
	done func()
}

func (c *counted) Close() error {
	c.done()
	return c.Conn.Close()
}

func (l counter) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &counted{c, sync.OnceFunc(func() { l.open.Add(-1) })}, nil
}

// A veil hides from net/http that its connections are encrypted, as a listener that terminates TLS and counts does.
type veil struct{ net.Listener }

type veiled struct{ net.Conn }

// NetConn is what is under the encryption.
func (v veiled) NetConn() net.Conn { return v.Conn.(*tls.Conn).NetConn() } //nolint:forcetypeassert // its listener is of TLS

func (l veil) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return veiled{c}, nil
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wantStream wants a whole stream of a connection that cannot be parked.
func wantStream(t *testing.T, n *node, c *caller) {
	t.Helper()
	c.want("connection 0 0")
	if got := n.transport(t, "ada"); got != "portable" {
		t.Errorf("the transport is %s", got)
	}
	if s := n.hub.Stats(); s.Portable != 1 || s.Parked != 0 {
		t.Errorf("%d portable, %d parked", s.Portable, s.Parked)
	}
	n.send("ada", "one")
	c.want("message one", "counts 1 1")
	n.broadcast("all")
	c.want("message all", "counts 2 2")
	n.hub.Hangup("ada", "", belfry.CloseClosed)
	c.want("close closed")
	c.wantEnd()
	eventually(t, "it is forgotten", func() bool { return n.hub.Stats().Portable == 0 && n.connections() == 0 })
}

// TestWrappedConnection: a connection that a listener has wrapped is carried, and closed by its own Close, so that the
// listener's count is right.
func TestWrappedConnection(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.0", "1.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			n := start(t)
			var open atomic.Int64
			server := reach(t, n, counter{loopback(t), &open}, nil)
			c := ask(t, server, "GET /?user=ada HTTP/"+version+"\r\nHost: x\r\n\r\n")
			c.begin(c.conn)
			wantStream(t, n, c)
			gone := ask(t, server, "GET /?user=bob HTTP/"+version+"\r\nHost: x\r\n\r\n")
			gone.begin(gone.conn)
			gone.want("connection 1 1")
			gone.reset()
			eventually(t, "the listener counts none", func() bool { return open.Load() == 0 && n.connections() == 0 })
		})
	}
}

// TestVeiledTLS: what is encrypted stays so, even where net/http cannot see it.
func TestVeiledTLS(t *testing.T) {
	t.Parallel()
	n := start(t)
	keys := httptest.NewUnstartedServer(nil)
	keys.StartTLS() // for its certificate
	t.Cleanup(keys.Close)
	server := reach(t, n, veil{tls.NewListener(loopback(t), &tls.Config{Certificates: keys.TLS.Certificates, MinVersion: tls.VersionTLS13})}, nil)
	c := ask(t, server, "")
	roots := x509.NewCertPool()
	roots.AddCert(keys.Certificate())
	secret := tls.Client(c.conn, &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS13})
	if _, err := secret.Write([]byte("GET /?user=ada HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	c.begin(secret)
	wantStream(t, n, c)
}

// TestMixedTransports: streams of all transports in one hub hear the same.
func TestMixedTransports(t *testing.T) {
	t.Parallel()
	n := start(t)
	var open atomic.Int64
	parked := call(t, reach(t, n, nil, nil), "ada")
	wrapped := call(t, reach(t, n, counter{loopback(t), &open}, nil), "ada")
	secret := dial(t, serve(t, n, true), "ada", "")
	parked.want("connection 0 0")
	wrapped.want("connection 0 0")
	secret.want("connection 0 0")
	if s := n.hub.Stats(); s.Parked != 1 || s.Portable != 2 {
		t.Errorf("%d parked, %d portable; want 1 and 2", s.Parked, s.Portable)
	}
	for i := range 50 {
		n.broadcast(fmt.Sprint("all", i))
		n.send("ada", fmt.Sprint("own", i))
		for _, next := range []func() string{
			func() string { return word(parked.next()) },
			func() string { return word(wrapped.next()) },
			func() string {
				e, err := secret.reader.Next()
				if err != nil {
					t.Fatal(err)
				}
				return word(e)
			},
		} {
			for got := ""; got != fmt.Sprintf("counts %d %d", 2*i+2, 2*i+2); got = next() {
				if strings.HasPrefix(got, "reset") || strings.HasPrefix(got, "close") {
					t.Fatalf("got %s", got)
				}
			}
		}
	}
}

// TestHugeEntries: a resumption of very large notifications is given in pieces, whatever a page of the store holds.
func TestHugeEntries(t *testing.T) {
	t.Parallel()
	n := start(t)
	for i := range 200 {
		n.accept(belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: fmt.Sprint("n", i), Body: strings.Repeat("x", 50_000)})
	}
	server := reach(t, n, nil, nil)
	c := ask(t, server, "GET /?user=ada HTTP/1.1\r\nHost: x\r\nLast-Event-ID: "+n.store.Epoch()+"-0-0\r\n\r\n")
	c.begin(c.conn)
	c.want("resumed 200 200")
	eventually(t, "its socket is full", func() bool { return n.hub.Stats().Jammed == 1 })
	if got := n.hub.Stats().Frames; got > 10 {
		t.Errorf("%d events of 50 kB are composed for a socket that is full", got)
	}
	for i := range 200 {
		c.want(fmt.Sprint("message n", i))
	}
	n.send("ada", "live")
	c.want("message live", "counts 201 201")
}
