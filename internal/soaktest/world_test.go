package soaktest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

const (
	apiKey    = "the-key-of-the-soak-test"
	jwtSecret = "the secret of the soak test, 32 bytes and more"

	// patience is how long anything may take that should take a moment.
	patience = 30 * time.Second
	// devicesEach is how many streams a person has.
	devicesEach = 2
)

// A plan is one soak.
type plan struct {
	streams, writers int
	length           time.Duration
	seed             uint64
	hurry            bool // everything is shorter, for a soak of a second
	mangle           func(sse.Event) []sse.Event
	wrap             func(http.Handler) http.Handler
}

// A world is a server and everybody who uses it.
type world struct {
	plan

	addresses []string // of the two ways in: streams can be parked, or not
	http      *http.Client
	people    []*person
	devices   []*device
	faults    faults
	settling  atomic.Bool // nobody goes away any more
	heap      samples

	sent, changes, events, opened, resumed, stalls atomic.Int64
	broadcasts                                     []atomic.Uint32 // by writer: how many
}

// A person has an inbox and devices. Who is calm changes no state, so that the order of their numbers is known.
type person struct {
	id, token string
	calm      bool
	sent      atomic.Uint32 // the numbers sent to them
	mu        sync.Mutex
	ids       []string // some of what they have
}

// soak lives through a plan.
func soak(t *testing.T, p plan) *world {
	t.Helper()
	w := &world{plan: p, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, broadcasts: make([]atomic.Uint32, p.writers)}
	stop := w.serve(t)
	defer stop()
	w.populate(t)
	before := w.warm(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var living sync.WaitGroup
	for _, d := range w.devices {
		living.Go(func() { d.live(ctx) })
	}
	w.work(ctx)
	w.settling.Store(true)
	w.settle(ctx)
	cancel()
	living.Wait()
	w.http.CloseIdleConnections()
	w.counted(before)
	w.heap.judge(&w.faults, w.noise())
	return w
}

// serve starts the server, at two addresses.
func (w *world) serve(t *testing.T) (stop func()) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{
		Store: store, Keys: []server.APIKey{{Name: "soak", Secret: apiKey}}, JWT: server.JWT{Secret: []byte(jwtSecret)},
		Heartbeat: time.Second, Logger: slog.New(slog.DiscardHandler),
		Limits: server.Limits{Off: true}, // thousands live at one address here
	})
	if err != nil {
		t.Fatal(err)
	}
	var h http.Handler = srv
	if w.wrap != nil {
		h = w.wrap(h)
	}
	var serving sync.WaitGroup
	var faces []*http.Server
	for _, handler := range []http.Handler{h, standing(h)} {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		face := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
		faces, w.addresses = append(faces, face), append(w.addresses, l.Addr().String())
		serving.Go(func() { _ = face.Serve(l) }) // it ends with Close
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Close(ctx); err != nil {
			t.Error(err)
		}
		for _, face := range faces {
			_ = face.Close()
		}
		serving.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A stander is an answer that can be flushed and not be taken over.
type stander struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (s *stander) FlushError() error { return s.control.Flush() }
func (s *stander) SetWriteDeadline(deadline time.Time) error {
	return s.control.SetWriteDeadline(deadline)
}

func standing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&stander{w, http.NewResponseController(w)}, r)
	})
}

func (w *world) populate(t *testing.T) {
	t.Helper()
	for i := range w.streams / devicesEach {
		who := &person{id: fmt.Sprintf("p%d", i), calm: i%3 != 2}
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": who.id, "exp": time.Now().Add(24 * time.Hour).Unix()})
		var err error
		if who.token, err = token.SignedString([]byte(jwtSecret)); err != nil {
			t.Fatal(err)
		}
		w.people = append(w.people, who)
		for k := range devicesEach {
			n := len(w.devices)
			address := w.addresses[0]
			if n%4 == 3 {
				address = w.addresses[1]
			}
			d := &device{
				world: w, person: who, name: fmt.Sprintf("%s/%d", who.id, k), address: address, rand: rand.New(rand.NewPCG(w.seed, uint64(n))),
				own: tally{strict: who.calm}, broadcasts: make([]tally, w.writers),
			}
			for i := range d.broadcasts {
				d.broadcasts[i].strict = who.calm
			}
			if n == 0 {
				d.mangle = w.mangle
			}
			w.devices = append(w.devices, d)
		}
	}
}

// warm asks everything once, so that what is opened once is open, and gives every device the place of an empty inbox.
func (w *world) warm(t *testing.T) usage {
	t.Helper()
	for i, d := range w.devices {
		var counts struct{ Cursor string }
		if err := w.call(t.Context(), http.MethodGet, countsPath, d.person.token, nil, http.StatusOK, &counts); err != nil {
			t.Fatal(err)
		}
		d.cursor = counts.Cursor
		if i < 4 { // both ways in
			ctx, cancel := context.WithTimeout(t.Context(), w.short(time.Second/2))
			d.connect(ctx)
			cancel()
		}
	}
	w.http.CloseIdleConnections()
	return look(func(usage) bool { return false }, w.short(time.Second))
}

// short is a span, or what is left of it in a hurry.
func (w *world) short(span time.Duration) time.Duration {
	if w.hurry {
		return span / 10
	}
	return span
}

// work lets the writers write for the length of the plan, and looks at the heap meanwhile.
func (w *world) work(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var writing sync.WaitGroup
	writing.Go(func() {
		defer cancel()
		began := time.Now()
		poll(ctx, 10*w.length, func() []string {
			if time.Since(began) < w.length || !w.busy() {
				return []string{"more"}
			}
			return nil
		})
	})
	for i := range w.writers {
		x := &writer{world: w, lane: i, rand: rand.New(rand.NewPCG(w.seed, 1<<32+uint64(i)))}
		for n := i; n < len(w.people); n += w.writers {
			x.people = append(x.people, w.people[n])
		}
		writing.Go(func() { x.run(ctx) })
	}
	writing.Go(func() { w.heap.take(ctx, w.length) })
	writing.Wait()
}

// busy reports whether enough has happened to show something; a slow machine takes longer.
func (w *world) busy() bool {
	s := int64(w.streams)
	if w.hurry { // the faults are made in what is sent to the first person, or in streams
		return w.people[0].sent.Load() >= 12 && w.opened.Load() >= 2*s
	}
	return w.sent.Load() >= s/2 && w.events.Load() >= 5*s && w.resumed.Load() >= s && w.stalls.Load() >= s/20 && w.changes.Load() >= 20
}

// settle waits until every device has everything, and compares their places with the lists'.
func (w *world) settle(ctx context.Context) {
	missing := func() (late []string) {
		for _, d := range w.devices {
			if what := d.missing(); what != "" {
				late = append(late, d.name+": "+what)
			}
		}
		return late
	}
	limit := patience
	if w.mangle != nil { // what does not come is to be found
		limit = w.short(limit)
	}
	if late := poll(ctx, limit, missing); len(late) > 0 {
		for _, what := range late {
			w.faults.add("%s", what)
		}
		return
	}
	for _, d := range w.devices {
		if poll(ctx, limit, func() []string {
			var counts struct{ Cursor string }
			err := w.call(ctx, http.MethodGet, countsPath, d.person.token, nil, http.StatusOK, &counts)
			if at := d.at(); err != nil || at != counts.Cursor {
				return []string{fmt.Sprintf("%s: the stream is at %s, and the list at %s, %v", d.name, at, counts.Cursor, err)}
			}
			return nil
		}) != nil {
			w.faults.add("%s: the stream stopped short of the list's cursor", d.name)
		}
	}
}

// poll asks until nothing is left to say, and returns the last word.
func poll(ctx context.Context, limit time.Duration, ask func() []string) []string {
	tick, end := time.NewTicker(20*time.Millisecond), time.NewTimer(limit)
	defer tick.Stop()
	defer end.Stop()
	for {
		words := ask()
		if len(words) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-end.C:
			return words
		case <-ctx.Done():
			return words
		}
	}
}

// faults are what went wrong.
type faults struct {
	mu  sync.Mutex
	all []string
	n   int
}

func (f *faults) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; len(f.all) < 1000 {
		f.all = append(f.all, fmt.Sprintf(format, args...))
	}
}

func (f *faults) first(n int) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[:min(n, len(f.all))]
}
