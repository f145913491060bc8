package natsbus_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/bustest"
	"github.com/belfryhq/belfry/natsbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a NATS server; on port 0, any.
func serve(t *testing.T, port int, change ...func(*server.Options)) *server.Server {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	o := &server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true}
	for _, fn := range change {
		fn(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() { stop(s) })
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func open(t *testing.T, url, epoch string) *natsbus.Bus {
	t.Helper()
	b, err := natsbus.Open(natsbus.Config{URL: url, Epoch: epoch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, nodes := range []int{1, 3} {
		t.Run(map[int]string{1: "one node", 3: "three nodes"}[nodes], func(t *testing.T) {
			t.Parallel()
			several := func(t *testing.T) (all []belfry.Bus) {
				s := serve(t, 0)
				for range nodes {
					all = append(all, open(t, s.ClientURL(), "3f9a"))
				}
				return all
			}
			bustest.Run(t, several)
			bustest.RunPeers(t, several)
		})
	}
}

func seq(n int64) belfry.Ring {
	return belfry.Ring{User: "ada", Change: belfry.Change{Kind: belfry.Deleted, Seq: n}}
}

// listen returns what a bus hears.
func listen(t *testing.T, b *natsbus.Bus) <-chan belfry.Ring {
	t.Helper()
	heard := make(chan belfry.Ring, 1000)
	if _, err := b.Listen(func(r belfry.Ring) { heard <- r }); err != nil {
		t.Fatal(err)
	}
	return heard
}

func is(n int64) func(belfry.Ring) bool {
	return func(r belfry.Ring) bool { return r.Change.Seq == n }
}

// TestTwoClusters: two clusters on one NATS, by mistake or not, do not hear each other.
func TestTwoClusters(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	a, b, other := open(t, s.ClientURL(), "aaaa"), open(t, s.ClientURL(), "aaaa"), open(t, s.ClientURL(), "bbbb")
	heardB, heardOther := listen(t, b), listen(t, other)
	for n, bus := range []*natsbus.Bus{a, other} {
		if err := bus.Ring(t.Context(), seq(int64(n+1))); err != nil {
			t.Fatal(err)
		}
	}
	bustest.Await(t, heardB, "the ring of its own cluster", is(1))
	bustest.Await(t, heardOther, "its own ring", func(r belfry.Ring) bool {
		if r.Change.Seq == 1 {
			t.Error("the other cluster's ring is heard")
		}
		return r.Change.Seq == 2
	})
}

// TestServerGone: the nodes outlive an outage of the server.
func TestServerGone(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	at, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server is at %v", s.Addr())
	}
	nodes := []belfry.Bus{open(t, s.ClientURL(), "3f9a"), open(t, s.ClientURL(), "3f9a")}
	bustest.RunOutage(t, nodes, func() { stop(s) }, func() { serve(t, at.Port) })
}

// eventually asks until it is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	patience := time.After(20 * time.Second)
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-patience:
			t.Fatalf("in vain waited for %s", what)
		}
	}
}

// TestRingsDropped: of the rings for which there is no room while the server is away, the first is told; and the bus rings
// again when it is back.
func TestRingsDropped(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	at, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server is at %v", s.Addr())
	}
	a := open(t, s.ClientURL(), "3f9a")
	stop(s)
	eventually(t, "the loss to be noticed", func() bool { return a.Ping(t.Context()) != nil })
	big := seq(1)
	big.Change.Kind, big.Change.Notification.Body = belfry.Created, strings.Repeat("x", 200<<10)
	failures := 0
	for range 40 {
		if a.Ring(t.Context(), big) != nil {
			failures++
		}
	}
	if failures != 1 {
		t.Errorf("%d rings of an outage are errors, want one", failures)
	}
	s = serve(t, at.Port)
	b := open(t, s.ClientURL(), "3f9a")
	heard := listen(t, b)
	eventually(t, "the connection", func() bool { return a.Ping(t.Context()) == nil })
	if err := a.Ring(t.Context(), seq(2)); err != nil {
		t.Fatal(err)
	}
	bustest.Await(t, heard, "the ring after the outage", is(2))
}

// TestLateServer: a node starts without the server, and hears others once it is there.
func TestLateServer(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		t.Fatal(err)
	}
	url := "nats://" + at.String()
	a := open(t, url, "3f9a")
	if err := a.Ping(t.Context()); err == nil {
		t.Error("ping finds a server where there is none")
	}
	serve(t, at.Port)
	b := open(t, url, "3f9a")
	heard := listen(t, a)
	eventually(t, "the connection", func() bool { return a.Ping(t.Context()) == nil })
	n := int64(0)
	eventually(t, "a ring", func() bool { // the subscription follows the connection
		n++
		if err := b.Ring(t.Context(), seq(n)); err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-heard:
			return r.Change.Seq > 0
		default:
			return false
		}
	})
}

// TestRefused: what only a person can mend is an error that says how, and holds no password.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, 0, func(o *server.Options) { o.Username, o.Password = "belfry", "right" })
	address := strings.TrimPrefix(s.ClientURL(), "nats://")
	for url, want := range map[string]string{
		"nats://belfry:wr0ng@" + address: "refuses the credentials",
		"nats://" + address:              "refuses the credentials",
		"nats://belfry:wr0ng@ /":         "it is not the address",
	} {
		_, err := natsbus.Open(natsbus.Config{URL: url, Epoch: "3f9a"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("%s: got %v", strings.ReplaceAll(url, "wr0ng", "…"), err)
		}
	}
	b, err := natsbus.Open(natsbus.Config{URL: "nats://belfry:right@" + address, Epoch: "3f9a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Ping(context.Background()), b.Close()); err != nil {
		t.Error(err)
	}
}

// TestDenied: a user who may connect and not ring, or not hear, is told so at the start; one from whom that is taken later says so
// when it is asked.
func TestDenied(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string]server.Permissions{
		"Publish":      {Publish: &server.SubjectPermission{Deny: []string{"belfry.>"}}},
		"Subscription": {Subscribe: &server.SubjectPermission{Deny: []string{"belfry.>"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := func(p *server.Permissions) func(*server.Options) {
				return func(o *server.Options) {
					o.Users = []*server.User{{Username: "belfry", Password: "s3cret", Permissions: p}}
				}
			}
			s := serve(t, 0, user(&denied))
			at, ok := s.Addr().(*net.TCPAddr)
			if !ok {
				t.Fatalf("the server is at %v", s.Addr())
			}
			url := "nats://belfry:s3cret@" + at.String()
			_, err := natsbus.Open(natsbus.Config{URL: url, Epoch: "3f9a"})
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "belfry.>") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("at the start: got %v", err)
			}
			stop(s)
			s = serve(t, at.Port, user(nil))
			b := open(t, url, "3f9a")
			stop(s)
			s = serve(t, at.Port, user(&denied))
			eventually(t, "word of what is denied", func() bool {
				err := b.Ping(t.Context())
				return err != nil && strings.Contains(err.Error(), name)
			})
			stop(s)
			serve(t, at.Port, user(nil))
			eventually(t, "the connection", func() bool { return b.Ping(t.Context()) == nil })
		})
	}
}
