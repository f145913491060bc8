package deliver

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is what a [Worker] works with.
type Config struct {
	Outbox  belfry.Outbox  // required
	Carrier belfry.Carrier // nil: mail is rendered and kept as captured. Not closed by the Worker

	// Render makes the bytes of a mail and its Message-ID; required. Its error is the reason that people see.
	Render func(ctx context.Context, m *belfry.Mail) (messageID string, message []byte, err error)

	// Folder and RenderFolded make one mail of several that waited for a mailbox; without both, each goes by itself.
	Folder       belfry.Folder
	RenderFolded func(ctx context.Context, mails []*belfry.Mail) (messageID string, message []byte, err error)

	From    string           // the sender's address, bare; required with a Carrier
	Workers int              // mails under way at once; 0: four, and four for each of the carrier's accounts, at most 32
	Lease   time.Duration    // how long a claim holds; 0: 15 minutes, which leaves a server ten for its answer
	Grace   time.Duration    // how long Close lets mails under way go on; 0: 10 s
	Logger  *slog.Logger     // nil: silent
	Now     func() time.Time // nil: time.Now
	Random  func() float64   // from 0 up to 1, for jitter; nil: math/rand
}

const (
	defaultLease = 15 * time.Minute
	defaultGrace = 10 * time.Second
	maxWorkers   = 32
)

func (c *Config) complete() error {
	switch {
	case c.Outbox == nil || c.Render == nil:
		return errors.New("deliver: an outbox and a renderer are required")
	case c.Carrier != nil && c.From == "":
		return errors.New("deliver: mail that leaves needs the sender's address")
	case c.Workers < 0 || c.Lease < 0 || c.Grace < 0:
		return errors.New("deliver: workers, lease and grace must not be negative")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Workers == 0 {
		accounts := 1
		if c.Carrier != nil {
			accounts = len(c.Carrier.Accounts(c.Now()))
		}
		c.Workers = min(4+4*accounts, maxWorkers)
	}
	if c.Lease == 0 {
		c.Lease = defaultLease
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	return nil
}

// A Worker delivers mail. Make one with [New].
type Worker struct {
	Config
	wake   chan struct{}
	people people
	turns  turns

	mu       sync.Mutex
	cancel   context.CancelFunc // of claiming; nil before Start
	abort    context.CancelFunc // of the mails under way
	closed   bool
	flying   map[belfry.MailClass]int // mails under way
	pinned   map[string]int           // of them, those that one account alone may carry
	counters counters
	loops    sync.WaitGroup
	mails    sync.WaitGroup
}

// New returns a Worker that is not started.
func New(c Config) (*Worker, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	return &Worker{
		Config: c, wake: make(chan struct{}, 1), people: people{known: make(map[string]*person)},
		flying: make(map[belfry.MailClass]int), pinned: make(map[string]int), counters: newCounters(),
	}, nil
}

// Start begins the work. A second Start, and one after Close, does nothing.
func (w *Worker) Start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.cancel != nil {
		return
	}
	// The work outlives every request, so no caller's ctx can be its own.
	claiming, cancel := context.WithCancel(context.Background())
	carrying, abort := context.WithCancel(context.Background())
	w.cancel, w.abort = cancel, abort
	w.loops.Go(func() { w.loop(claiming, carrying) })
}

// Wake has the Worker look for mail now. It never blocks; call it after whatever queues mail was committed.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it has not yet looked since the last word
	}
}

// Close stops the claiming, lets what is under way go on for the grace period, or until ctx ends when that is sooner, then
// breaks it off and waits for it. What was broken off goes back to the queue, or is ambiguous, as the truth is. A second
// Close waits too.
func (w *Worker) Close(ctx context.Context) {
	w.mu.Lock()
	w.closed = true
	cancel, abort := w.cancel, w.abort
	w.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	w.loops.Wait() // whatever it claimed last is among the mails now
	done := make(chan struct{})
	go func() {
		w.mails.Wait()
		close(done)
	}()
	grace := time.NewTimer(w.Grace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
	case <-ctx.Done():
	}
	abort()
	<-done
}

func (w *Worker) now() time.Time { return w.Now().UTC().Truncate(time.Millisecond) }
