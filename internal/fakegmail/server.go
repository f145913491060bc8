package fakegmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"
)

// A TLSMode says how a connection becomes private.
type TLSMode uint8

// The modes.
const (
	STARTTLS TLSMode = iota // the zero mode: as port 587
	Implicit                // as port 465
	NoTLS                   // never: nothing is offered, and AUTH is taken in the clear
)

// Options are how a server behaves. The zero Options are a server at a free port of the loopback that takes any login.
type Options struct {
	Addr     string              // where it listens; default 127.0.0.1:0
	Listener net.Listener        // instead of Addr; the server closes it
	TLS      TLSMode             //
	Names    []string            // what the certificate is for; default smtp.gmail.com, localhost, 127.0.0.1, ::1
	Users    map[string]string   // App Passwords by user, with or without spaces
	Tokens   map[string]string   // OAuth2 access tokens by user; with neither Users nor Tokens, every login is taken
	Scenario Scenario            // see ParseScenario
	Keep     func(Message) error // is given each mail before it is answered, one at a time; on an error it is refused. It must not call the server
	Watch    func(Event)         // is given each event as it happens, one at a time; may be nil. It must not call the server
	Now      func() time.Time    // for limits by time; default time.Now
	Forget   bool                // mails and events are for Keep and Watch alone: Messages and Events stay empty
}

// A Server is a running fake. Its methods may be called by several goroutines at once.
type Server struct {
	opts     Options
	listener net.Listener
	cert     certificate
	now      func() time.Time

	done   <-chan struct{} // closed when the server begins to end
	cancel context.CancelFunc
	wg     sync.WaitGroup
	closed error

	mu       sync.Mutex
	scenario *running
	conns    map[net.Conn]bool
	opened   int // connections so far
	accepted int // mails so far
	messages []Message
	events   []Event
	grown    chan struct{} // closed and replaced when a message was kept
}

// Start starts a server; it ends when it is closed, or ctx ends.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	cert, err := newCertificate(opts.Names, opts.Scenario.cert)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	s := &Server{
		opts: opts, listener: opts.Listener, cert: cert, now: opts.Now, scenario: newRunning(opts.Scenario),
		conns: map[net.Conn]bool{}, grown: make(chan struct{}),
	}
	if s.listener == nil {
		if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", opts.Addr); err != nil {
			return nil, fmt.Errorf("listen at %s: %w", opts.Addr, err)
		}
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.done = ctx.Done()
	s.wg.Go(s.accept)
	s.wg.Go(func() {
		<-s.done
		s.hangUp()
	})
	return s, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			s.cancel() // closed, or of no more use
			return
		}
		s.mu.Lock()
		select {
		case <-s.done:
			s.mu.Unlock()
			_ = conn.Close() // hangUp has not seen it
			return
		default:
		}
		s.conns[conn] = true
		s.opened++
		number, rules := s.opened, s.scenario
		s.mu.Unlock()
		s.wg.Go(func() {
			newConn(s, conn, number, rules).serve()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// hangUp ends everything that waits for a peer.
func (s *Server) hangUp() {
	s.closed = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close() // it is in use, and is meant to break
	}
}

// Close ends every connection and waits until nothing runs any more. A second Close does nothing more.
func (s *Server) Close() error {
	s.cancel()
	s.wg.Wait()
	return s.closed
}

// Done is closed when the server has begun to end.
func (s *Server) Done() <-chan struct{} { return s.done }

// SetScenario replaces the scenario; its counts begin anew. Connections that stand keep what they began with, and the
// certificate stays as it was.
func (s *Server) SetScenario(sc Scenario) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scenario = newRunning(sc)
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Host returns the host of Addr.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr()) // it is ours
	return host
}

// Port returns the port of Addr; 0 when the listener has none.
func (s *Server) Port() int {
	if a, ok := s.listener.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// CertPool returns a pool that trusts the server's certificate, and nothing else.
func (s *Server) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.cert.leaf)
	return pool
}

// CertPEM returns the certificate, for SSL_CERT_FILE.
func (s *Server) CertPEM() []byte { return s.cert.pem() }

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.cert.pair}, MinVersion: tls.VersionTLS12}
}

// Connections returns how many connections were opened so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}
