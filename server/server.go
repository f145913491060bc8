package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/clients/typescript"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/dashboard"
	"github.com/belfryhq/belfry/internal/deliver"
	"github.com/belfryhq/belfry/internal/door"
	"github.com/belfryhq/belfry/internal/letter"
	"github.com/belfryhq/belfry/internal/limit"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/internal/peers"
	"github.com/belfryhq/belfry/internal/stream"
)

// A Server is Belfry behind an [http.Handler]. Make one with [New].
type Server struct {
	api     *api.API
	pages   http.Handler // the dashboard
	service *notify.Service
	hub     *stream.Hub
	press   *letter.Press
	worker  *deliver.Worker
	carrier belfry.Carrier // nil: mail stays
	watches *auth.Watches
	circle  *peers.Circle // nil: there is one node alone
	endAuth func()        // nil: nothing to end
	django  pinger        // Django's database; nil: there is none, or it cannot say whether it answers
	metrics *metrics
	limits  *limit.Limiter
	guests  *limit.Guests
	store   belfry.Store
	bus     belfry.Bus
	ownBus  bool
	now     func() time.Time
	logger  *slog.Logger

	portable bool // no stream is parked

	draining chan struct{} // closed when Close begins
	begin    sync.Once
	once     sync.Mutex // of closing
	closed   bool
}

// New checks cfg and starts a Server. The error names what is at fault.
func New(cfg Config) (*Server, error) {
	ownBus := cfg.Bus == nil
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s := &Server{
		store: cfg.Store, bus: cfg.Bus, ownBus: ownBus, carrier: cfg.Carrier, now: belfry.ClockOf(cfg.Store), logger: cfg.Logger, portable: cfg.PortableStreams,
		draining: make(chan struct{}),
	}
	if err := s.assemble(cfg); err != nil {
		err = fmt.Errorf("server: %w", err)
		// What was started already must end; nothing uses it yet, so that takes no time.
		return nil, errors.Join(err, s.Close(context.Background()))
	}
	warnOfSkew(cfg.Store, cfg.Logger)
	s.service.Start()
	s.worker.Start()
	return s, nil
}

func (s *Server) assemble(cfg Config) (err error) {
	authenticator, err := s.openAuth(&cfg)
	if err != nil {
		return err
	}
	if err := s.openLimits(&cfg); err != nil {
		return err
	}
	if err := s.openMail(&cfg); err != nil {
		return err
	}
	intake, _ := cfg.Store.(belfry.Intake)
	s.service, err = notify.New(notify.Config{
		Store: cfg.Store, Bus: cfg.Bus, Intake: intake, Decode: api.SendDecoder(), Outbox: cfg.Store, Wake: s.worker.Wake, Rules: cfg.Rules, Letters: s.press,
		Retention: cfg.Retention, Logger: cfg.Logger, Now: s.now, Node: cfg.NodeName,
	})
	if err != nil {
		return err
	}
	if err := s.openPeers(&cfg); err != nil {
		return err
	}
	s.watches = auth.NewWatches(auth.WatchConfig{Every: cfg.Recheck, Hangup: s.hangup, Logger: cfg.Logger})
	s.hub, err = stream.New(stream.Config{
		Ended: func(_ string, id belfry.ID) { s.watches.Ended(id) },
		Store: cfg.Store, Epoch: cfg.Store.Epoch(), Bus: cfg.Bus, First: authenticator.Hear, Logger: cfg.Logger, Heartbeat: cfg.Heartbeat,
		MaxConnections: cfg.MaxConnections, MaxPerUser: cfg.MaxConnectionsPerUser, Recheck: cfg.recheck(s.ownBus), Portable: cfg.PortableStreams,
		Others: s.others(), Node: s.nodeName(&cfg), Now: s.now,
	})
	if err != nil {
		return err
	}
	s.metrics = newMetrics(s.hub.Stats, s.ping, s.mailCollector(), &intakeCollector{intake}, &limitCollector{s.limits, s.guests, authenticator.KeyUses}, &authCollector{authenticator.Stats, s.watches.Len}, &peersCollector{s.circle}, &skewCollector{s.store}, cfg.Version)
	var metricsHandler http.Handler
	if !cfg.HideMetrics {
		metricsHandler = s.metrics.handler
	}
	parts, err := typescript.Parts()
	if err != nil {
		return fmt.Errorf("read the parts of the script: %w", err)
	}
	s.api, err = api.New(api.Config{
		Service: s.service, Hub: s.hub, Auth: authenticator, Watches: s.watches, Ready: s.ready, Warning: s.warning,
		AllowedOrigins: cfg.AllowedOrigins, Limits: s.limits, MaxURL: cfg.Limits.URLBytes, MaxBody: cfg.Limits.BodyBytes, Proxies: cfg.TrustedProxies,
		Metrics: metricsHandler, Script: typescript.Script(), Parts: parts, Tokens: s.press, Version: cfg.Version, Logger: cfg.Logger, Observe: s.metrics.observe,
	})
	if err != nil {
		return err
	}
	if err := s.openDashboard(&cfg, authenticator); err != nil {
		return err
	}
	return s.joinPeers()
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limit.Heard(r.Context())
	if p := r.URL.Path; strings.HasPrefix(p, dashboard.Root) || p+"/" == dashboard.Root {
		s.pages.ServeHTTP(w, r)
		return
	}
	s.api.ServeHTTP(w, r)
}

// Listener returns a listener to give an http.Server whose handler is s, behind whatever middleware: requests for a stream
// are answered before net/http builds what a connection costs that will ask again, and everything else comes out of Accept.
// That middleware does not see those requests. It saves half of what connecting costs and changes nothing else; where it is of no use
// (another system than Linux, TLS, no TCP), it is l itself. Closing it closes l.
func (s *Server) Listener(l net.Listener) net.Listener {
	if s.portable {
		return l
	}
	return door.Listen(l, api.StreamPath, s, s.logger)
}

// Streams returns how many streams are open on this node, and how many were begun since New.
func (s *Server) Streams() (open, begun int64) {
	st := s.hub.Stats()
	return st.Connections, st.Opened
}

// MetricsHandler serves the metrics in the Prometheus text format, for a listener of its own.
func (s *Server) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit.Heard(r.Context())
		s.metrics.handler.ServeHTTP(w, r)
	})
}

// Send sends a notification as POST /api/v1/notifications/ does. It brings send into its normal form, and returns once
// it is durable. A refusal is a [belfry.Error] that names the fields at fault.
func (s *Server) Send(ctx context.Context, send *belfry.Send) (belfry.Accepted, error) {
	return s.service.Send(ctx, send, notify.Once{})
}

// SetRules replaces the rules of the categories for the sends from now on. The error names the rules that cannot be, and
// nothing was replaced.
func (s *Server) SetRules(rules belfry.Rules) error { return s.service.SetRules(rules) }

// Close ends every stream (each client is told when to come back), refuses new ones, stops the upkeep, lets mails under way
// be finished for some seconds, and returns when nothing of the Server runs any more or ctx ends. Other requests are answered throughout, so close the Server before
// the http.Server is shut down: that waits for the streams. Close does not close a Store, Bus or Carrier that was handed in. A
// second Close finishes what the first left when its ctx ended, and does nothing else.
func (s *Server) Close(ctx context.Context) error {
	s.begin.Do(func() { close(s.draining) })
	s.once.Lock()
	defer s.once.Unlock()
	if s.closed {
		return nil
	}
	delivered := s.stopMail(ctx)
	defer func() { <-delivered }()
	if s.hub != nil {
		if err := s.hub.Close(ctx); err != nil {
			return fmt.Errorf("close streams: %w", err)
		}
	}
	if s.circle != nil {
		s.circle.Close()
	}
	s.closeAuth()
	if s.service != nil {
		s.service.Close()
	}
	<-delivered
	s.closed = true
	if s.ownBus {
		if err := s.bus.Close(); err != nil {
			return fmt.Errorf("close bus: %w", err)
		}
	}
	return nil
}

var errDraining = errors.New("the server is closing")

// ready says why requests cannot be served now.
func (s *Server) ready(ctx context.Context) error {
	select {
	case <-s.draining:
		return errDraining
	default:
	}
	store, _ := s.ping(ctx)
	return store
}

// warning says what does not work as it should while requests are served all the same. A bus that is away makes other
// nodes late; to turn people away for it would leave them nowhere to go, for every node loses it at once.
func (s *Server) warning(ctx context.Context) string {
	var all []string
	if err := s.bus.Ping(ctx); err != nil {
		all = append(all, "The bus does not answer: what other nodes do is shown here late.")
	}
	if s.django != nil {
		if err := s.django.Ping(ctx); err != nil {
			s.logger.WarnContext(ctx, "Django's database does not answer", "error", err)
			all = append(all, "Django's database does not answer: its sessions let nobody in.")
		}
	}
	return strings.Join(all, " ")
}

// A pinger is what a part that is handed in may be able to do: say whether it answers.
type pinger interface {
	Ping(ctx context.Context) error
}

// ping asks store and bus whether they answer.
func (s *Server) ping(ctx context.Context) (store, bus error) {
	if err := s.store.Ping(ctx); err != nil {
		store = fmt.Errorf("ping store: %w", err)
	}
	if err := s.bus.Ping(ctx); err != nil {
		bus = fmt.Errorf("ping bus: %w", err)
	}
	return store, bus
}
