package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// A herd is three nodes on one PostgreSQL, with what they need, and what may happen to them.
type herd struct {
	dir      string
	at       string // the address where the nodes find the database and NATS
	settings []string
	within   []string // words that run the first node, as in a namespace
	own      []string // further settings of the first node
	nodes    [3]atomic.Pointer[process]
	postgres *pgtest.Server
	nats     *server.Server // nil: the database rings
	rand     *rand.Rand     // the test's own goroutine alone
	ledger   *ledger
}

const loopback = "127.0.0.1"

// newHerd starts all of a herd.
func newHerd(t *testing.T, seed uint64, withNATS bool) *herd {
	t.Helper()
	h := newGround(t, seed, loopback, withNATS)
	h.open(t)
	return h
}

// newGround starts what nodes stand on.
func newGround(t *testing.T, seed uint64, at string, withNATS bool) *herd {
	t.Helper()
	h := &herd{dir: t.TempDir(), at: at, rand: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger()}
	settings := []string{"fsync=on", "full_page_writes=on"}
	if at != loopback {
		settings = append(settings, "listen_addresses="+loopback+","+at)
	}
	h.postgres = pgtest.Start(t, settings...)
	bus := "postgres"
	if withNATS {
		h.nats = startNATS(t, at, server.RANDOM_PORT)
		t.Cleanup(func() { stopNATS(h.nats) })
		bus = h.nats.ClientURL()
	}
	h.settings = []string{"BELFRY_DATABASE_URL=" + strings.Replace(h.postgres.URL("postgres"), loopback, at, 1), "BELFRY_BUS_URL=" + bus}
	return h
}

// open starts the nodes together: one makes the tables, the others wait.
func (h *herd) open(t *testing.T) {
	t.Helper()
	for i := range h.nodes {
		h.nodes[i].Store(h.launch(t, i))
	}
	for i := range h.nodes {
		h.nodes[i].Load().ready(t)
	}
}

func (h *herd) launch(t *testing.T, i int) *process {
	t.Helper()
	if i == 0 {
		return launch(t, h.dir, h.within, slices.Concat(h.settings, h.own)...)
	}
	return launch(t, h.dir, nil, h.settings...)
}

func startNATS(t *testing.T, at string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: at, Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return s
}

func stopNATS(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// any returns a node; some are just dead.
func (h *herd) any(r *rand.Rand) *process { return h.nodes[r.IntN(len(h.nodes))].Load() }

// some returns one of the nodes that a writer goes to.
func (h *herd) some(w *writer) *process {
	if len(w.nodes) == 0 {
		return h.any(w.rand)
	}
	return h.nodes[w.nodes[w.rand.IntN(len(w.nodes))]].Load()
}

// roam follows a person's stream on whichever node, for some events or a moment, until ctx ends.
func (h *herd) roam(ctx context.Context, f *follower) {
	for ctx.Err() == nil {
		some, cancel := context.WithTimeout(ctx, 200*time.Millisecond+time.Duration(f.rand.Int64N(int64(3*time.Second))))
		f.connect(some, h.any(f.rand), 20+f.rand.IntN(300))
		cancel()
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// transient reports whether an answer, or none, is one that a client tries again after.
func transient(err error) bool {
	bad, ok := errors.AsType[*refused](err)
	return !ok || bad.status == http.StatusServiceUnavailable || bad.status == http.StatusInternalServerError || bad.status == http.StatusConflict
}

// write does what an app and its people do, on whichever node, until ctx ends. A send under a key is sent again, perhaps
// to another node, until it is answered.
func (h *herd) write(ctx context.Context, t *testing.T, w *writer) {
	// What was begun is finished when the writers are told to stop: a request that is given up may be carried out later.
	whole := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		var err error
		switch n := w.rand.IntN(100); {
		case n < 75:
			var users []string
			if n >= 5 {
				users = w.some(1 + n%3)
			}
			err = h.send(whole, w, w.promise(users))
		case n < 92:
			err = w.mark(whole, h.some(w))
		default:
			err = w.retract(whole, h.some(w))
		}
		if err != nil && !transient(err) {
			t.Errorf("writer %s: %v", w.name, err)
			return
		}
		select { // a client that was refused waits a little; and the test need not be a load test
		case <-ctx.Done():
		case <-time.After(time.Duration(w.rand.Int64N(int64(8 * time.Millisecond)))):
		}
	}
}

func (h *herd) send(ctx context.Context, w *writer, s *promise) error {
	h.ledger.begin(s)
	for {
		_, err := post(ctx, h.some(w), h.ledger, s)
		if err == nil || s.key == "" || !transient(err) {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
}

// harm does one thing to the herd, and waits until work goes on.
func (h *herd) harm(t *testing.T, what string) {
	t.Helper()
	switch what {
	case "a node is killed":
		i := h.rand.IntN(len(h.nodes))
		h.nodes[i].Load().kill(t)
		h.answers(t, 30) // by the others
		h.start(t, i)
	case "the nodes are restarted in turn":
		for i := range h.nodes {
			h.end(t, i)
			h.answers(t, 30)
			h.start(t, i)
		}
	case "NATS is away":
		at, ok := h.nats.Addr().(*net.TCPAddr)
		if !ok {
			t.Fatalf("NATS is at %v", h.nats.Addr())
		}
		stopNATS(h.nats)
		h.answers(t, 60)
		h.nats = startNATS(t, h.at, at.Port)
	case "PostgreSQL is restarted":
		if err := errors.Join(h.postgres.Stop(), h.postgres.Run()); err != nil {
			t.Fatal(err)
		}
	case "PostgreSQL crashes":
		if err := errors.Join(h.postgres.Kill(), h.postgres.Run()); err != nil {
			t.Fatal(err)
		}
	}
	h.answers(t, 60)
}

// start starts a node that has ended, and waits until it is ready.
func (h *herd) start(t *testing.T, i int) *process {
	t.Helper()
	p := h.launch(t, i)
	p.ready(t)
	h.nodes[i].Store(p)
	return p
}

// end ends a node as an operator does: it drains.
func (h *herd) end(t *testing.T, i int) {
	t.Helper()
	p := h.nodes[i].Load()
	p.Signal(t, syscall.SIGTERM)
	if code := p.Wait(t); code != 0 {
		t.Errorf("node %d ended with status %d\n%s", i, code, p.Output)
	}
}

// answers waits for so many more answers.
func (h *herd) answers(t *testing.T, more int64) {
	t.Helper()
	until := h.ledger.total() + more
	stuck := time.After(patience)
	for h.ledger.total() < until {
		select {
		case <-h.ledger.heard:
		case <-stuck:
			t.Fatalf("no %d answers in %v; the nodes say:\n%s", more, patience, h.say())
		}
	}
}

func (h *herd) say() string {
	var b strings.Builder
	for i := range h.nodes {
		fmt.Fprintf(&b, "node %d: %s\n", i, h.nodes[i].Load().Output)
	}
	return b.String()
}

// begun waits until the follower has a place in the log.
func (f *follower) begun(t *testing.T) {
	t.Helper()
	stuck := time.After(patience)
	for {
		f.mu.Lock()
		cursor, moved := f.cursor, f.moved
		f.mu.Unlock()
		if cursor != "" {
			return
		}
		select {
		case <-moved:
		case <-stuck:
			t.Fatalf("%s has no stream", f.id)
		}
	}
}
