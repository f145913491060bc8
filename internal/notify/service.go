package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is what a [Service] works with.
type Config struct {
	Store     belfry.Store     // required
	Bus       belfry.Bus       // required
	Retention time.Duration    // what Prune removes is older than this; 0 or less: nothing is too old
	Outbox    belfry.Outbox    // where mail waits; nil: it is recorded as captured, and not rendered
	Wake      func()           // called after mail was queued; nil: nobody is told
	Rules     belfry.Rules     // of the categories, until SetRules
	Intake    belfry.Intake    // where apps leave sends by transactions of their own; nil: nowhere
	Decode    Decoder          // reads them; required with an Intake
	Letters   Letters          // makes the words of mail; nil: there are no templates
	Logger    *slog.Logger     // nil: silent
	Now       func() time.Time // nil: time.Now
	Node      string           // what this node is called in the store, for people to read; may be empty
}

// A Service carries out the use cases.
type Service struct {
	store     belfry.Store
	bus       belfry.Bus
	retention time.Duration
	outbox    belfry.Outbox
	wake      func()
	rules     atomic.Pointer[belfry.Rules]
	letters   Letters
	intake    belfry.Intake
	decode    Decoder
	logger    *slog.Logger
	clock     func() time.Time

	mu         sync.Mutex
	inProgress map[string]struct{} // idempotency keys being answered on this node

	unsubscribing sync.Mutex

	upkeep upkeep
}

// New returns a Service that is not started: it answers at once, and its upkeep waits for [Service.Start].
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Bus == nil {
		return nil, errors.New("notify: a store and a bus are required")
	}
	if c.Intake != nil && c.Decode == nil {
		return nil, errors.New("notify: an intake needs a decoder")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	s := &Service{
		store: c.Store, bus: c.Bus, retention: c.Retention, logger: c.Logger, clock: c.Now,
		outbox: c.Outbox, wake: c.Wake, letters: c.Letters, intake: c.Intake, decode: c.Decode,
		inProgress: make(map[string]struct{}),
		upkeep:     upkeep{sooner: make(chan time.Time, 1), holder: c.Node + "/" + rand.Text()[:12]},
	}
	if err := s.SetRules(c.Rules); err != nil {
		return nil, fmt.Errorf("notify: rules of categories: %w", err)
	}
	return s, nil
}

// now is the time in the wire's precision, so that what is answered at once and what is read later are the same.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// uncancelled is for the calls of the store whose change is rung. A store that gives up waiting may commit all the same,
// and a change that nobody rings is not seen until the next one; so whoever goes away while it is under way is not
// followed. Only what has not begun is given up.
func uncancelled(ctx context.Context) (context.Context, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return context.WithoutCancel(ctx), nil
}

// ring tells the listeners what was committed.
func (s *Service) ring(ctx context.Context, rings ...belfry.Ring) {
	if len(rings) == 0 {
		return
	}
	if err := s.bus.Ring(context.WithoutCancel(ctx), rings...); err != nil {
		s.logger.WarnContext(ctx, "the bus did not take a ring; others hear of the change late", "rings", len(rings), "error", err)
	}
}
