package limit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry/internal/limit"
)

// A door is a server whose requests to /known show who sends them.
type door struct {
	*testing.T
	guests *limit.Guests
	addr   string
}

func newDoor(t *testing.T, guests *limit.Guests) *door {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		limit.Heard(r.Context())
		if r.URL.Path == "/known" {
			limit.Welcome(r.Context())
		}
	}))
	guests.Guard(srv.Config)
	srv.Start()
	t.Cleanup(srv.Close)
	return &door{t, guests, srv.Listener.Addr().String()}
}

// come connects and says the beginning of a request.
func (d *door) come(words string) net.Conn {
	d.Helper()
	c, err := new(net.Dialer).DialContext(d.Context(), "tcp", d.addr)
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, words); err != nil {
		d.Fatal(err)
	}
	return c
}

// knock sends a whole request and reads the answer.
func (d *door) knock(path string) net.Conn {
	d.Helper()
	c := d.come("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		d.Fatalf("%s: %q, %v", path, line, err)
	}
	return c
}

// ended waits until the server has closed a connection.
func (d *door) ended(c net.Conn) {
	d.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		d.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n > 0 || isTimeout(err) {
		d.Errorf("the connection is still open: %v", err)
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// Whoever holds connections and says nothing makes room for those who ask; those who are known stay.
func TestTheSilentMakeRoom(t *testing.T) {
	t.Parallel()
	d := newDoor(t, limit.NewGuests(4, 0, nil))
	known := d.knock("/known")
	var silent []net.Conn
	for i := range 30 {
		silent = append(silent, d.come(fmt.Sprintf("GET /%d HTTP/1.1\r\n", i)))
	}
	for range 4 { // each takes the place of one of the last four
		d.knock("/")
	}
	for _, c := range silent {
		d.ended(c)
	}
	if got := d.guests.Evicted(); got != 30 {
		t.Errorf("evicted: got %d, want 30", got)
	}
	if _, err := io.WriteString(known, "GET /known HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(known).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Errorf("the one who is known: %q, %v", line, err)
	}
	if got := d.guests.Count(); got != 4 {
		t.Errorf("guests: got %d, want 4", got)
	}
}

func TestGuestsInAll(t *testing.T) {
	t.Parallel()
	d := newDoor(t, limit.NewGuests(0, 2, nil))
	first := d.come("G")
	second := d.come("G")
	d.knock("/")
	d.ended(first)
	d.knock("/")
	d.ended(second)
}

func TestAProxyHasNoBound(t *testing.T) {
	t.Parallel()
	d := newDoor(t, limit.NewGuests(1, 0, limit.Proxies{netip.MustParsePrefix("127.0.0.0/8")}))
	for range 5 {
		d.knock("/")
	}
	if got := d.guests.Evicted(); got != 0 {
		t.Errorf("evicted: got %d, want 0", got)
	}
}

// Who goes by themselves is no guest any more, and the hooks that were there are still called.
func TestGuestsWhoGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		guests := limit.NewGuests(1, 1, nil)
		var states, contexts int
		srv := &http.Server{
			ConnState:   func(net.Conn, http.ConnState) { states++ },
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context { contexts++; return ctx },
		}
		guests.Guard(srv)
		here, there := net.Pipe()
		srv.ConnContext(t.Context(), here)
		if guests.Count() != 1 {
			t.Errorf("guests: got %d, want 1", guests.Count())
		}
		srv.ConnState(here, http.StateActive)
		srv.ConnState(here, http.StateClosed)
		srv.ConnState(here, http.StateClosed)
		if guests.Count() != 0 || guests.Evicted() != 0 || states != 3 || contexts != 1 {
			t.Errorf("got %d guests, %d evicted, %d states, %d contexts", guests.Count(), guests.Evicted(), states, contexts)
		}
		limit.Welcome(t.Context()) // of a server without a guard
		_ = here.Close()
		_ = there.Close()
	})
}

// Counted is who has never asked a whole question, whoever ends the connection, and nobody else.
func TestUnheard(t *testing.T) {
	t.Parallel()
	guests := limit.NewGuests(0, 0, nil)
	closed := make(chan struct{}, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { limit.Heard(r.Context()) }))
	srv.Config.MaxHeaderBytes = 1 << 10
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	guests.Guard(srv.Config)
	srv.Start()
	t.Cleanup(srv.Close)
	d := &door{t, guests, srv.Listener.Addr().String()}
	for _, test := range []struct {
		name, words string
		want        int64
	}{
		{"nothing", "", 1},
		{"half a head", "GET / HTTP/1.1\r\nHost: x\r\n", 2},
		{"too long a head", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 8<<10) + "\r\n\r\n", 3},
		{"no HTTP", "hello\r\n\r\n", 4},
		{"a request", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 4},
	} {
		c := d.come(test.words)
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, c) // what is answered; a reset is an answer too
		<-closed
		if got := guests.Unheard(); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

// Held is who is bounded, for the pause, or until the request is given up.
func TestHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = time.Second
		srv := &http.Server{}
		limit.NewGuests(0, 0, nil).Guard(srv)
		held := func(ctx context.Context) time.Duration {
			began := time.Now()
			limit.Hold(ctx, pause)
			return time.Since(began)
		}
		here, there := net.Pipe()
		guest := srv.ConnContext(t.Context(), here)
		if got := held(guest); got != pause {
			t.Errorf("a guest: held for %v, want %v", got, pause)
		}
		short, cancel := context.WithTimeout(guest, pause/4)
		defer cancel()
		if got := held(short); got != pause/4 {
			t.Errorf("who gives up after %v: held for %v", pause/4, got)
		}
		limit.Welcome(guest)
		if got := held(guest); got != 0 {
			t.Errorf("who is known: held for %v", got)
		}
		if got := held(t.Context()); got != 0 {
			t.Errorf("of a server without a guard: held for %v", got)
		}
		_ = here.Close()
		_ = there.Close()
	})
}
