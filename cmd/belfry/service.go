package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/django"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/smtpmail"
)

// A service is a server with what it stands on: the store is open and the address is taken.
type service struct {
	p       *program
	cfg     *config.Config
	log     *slog.Logger
	book    *logbook // nil: closed by whoever has it
	store   belfry.Store
	bus     belfry.Bus // nil: within the process
	server  *server.Server
	main    net.Listener
	metrics net.Listener // nil: /metrics is served at the main address

	carrier  *smtpmail.Carrier // nil: mail stays
	accounts []string          // its names
	django   *django.Database  // nil: Django's sessions let nobody in
	hangup   chan os.Signal    // asks for the categories to be read again
}

// An adjustment changes what the server is made of, when the store is open and the address is known.
type adjustment func(*service, *server.Config) error

// openService opens everything that serving needs, so that what is wrong is told before anything is announced.
func openService(ctx context.Context, p *program, cfg *config.Config, adjust ...adjustment) (*service, error) {
	log, book := p.logger(cfg.Log)
	for _, w := range p.settings.Check() {
		log.Warn(w)
	}
	s, err := open(ctx, p, cfg, log, append([]adjustment{(*service).openMail, openDjango(ctx)}, adjust...)...)
	if err != nil {
		book.close()
		return nil, err
	}
	s.book = book
	return s, nil
}

// open opens what the settings name; without openMail mail stays.
func open(ctx context.Context, p *program, cfg *config.Config, log *slog.Logger, adjust ...adjustment) (_ *service, err error) {
	s := &service{p: p, cfg: cfg, log: log, hangup: make(chan os.Signal, 1)}
	signal.Notify(s.hangup, syscall.SIGHUP) // from before anything is announced: by itself the signal would end the process
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err = s.openData(ctx); err != nil {
		return nil, err
	}
	if s.main, err = listen(ctx, "BELFRY_ADDR", "--addr", cfg.Addr); err != nil {
		return nil, err
	}
	if cfg.MetricsAddr != "" {
		if s.metrics, err = listen(ctx, "BELFRY_METRICS_ADDR", "--metrics-addr", cfg.MetricsAddr); err != nil {
			return nil, err
		}
	}
	sc := serverConfig(cfg, s.store, s.log)
	_, sc.SharedStore = cfg.DatabaseURL.Postgres()
	sc.Bus = s.bus
	for _, fn := range append([]adjustment{(*service).openWords}, adjust...) {
		if err = fn(s, &sc); err != nil {
			return nil, err
		}
	}
	if s.server, err = server.New(sc); err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// serverConfig translates the settings.
func serverConfig(cfg *config.Config, store belfry.Store, log *slog.Logger) server.Config {
	sc := server.Config{
		Store: store, Logger: log, Version: readBuild().Version,
		JWT: server.JWT{
			Secret: []byte(cfg.JWTSecret.Reveal()), PublicKey: []byte(cfg.JWTPublicKey), Issuer: cfg.JWTIssuer, Audience: cfg.JWTAudience,
			UserClaim: cfg.JWTUserClaim, Cookies: cfg.JWTCookies, KeySetURL: string(cfg.JWKSURL), Leeway: orNone(cfg.JWTLeeway),
		},
		Ask: server.Ask{
			URL: string(cfg.AuthURL), Timeout: time.Duration(cfg.AuthURLTimeout), Cache: orNone(cfg.AuthURLCache), Grace: time.Duration(cfg.AuthURLGrace),
		},
		Recheck:        time.Duration(cfg.Recheck),
		AllowedOrigins: cfg.AllowedOrigins, Heartbeat: cfg.HeartbeatInterval.Duration(), Retention: cfg.Retention.Duration(),
		MaxConnections: int(cfg.MaxConnections), MaxConnectionsPerUser: capped(cfg.MaxConnectionsPerUser),
		NodeName: string(cfg.NodeName), HideMetrics: cfg.MetricsAddr != "", TrustedProxies: cfg.TrustedProxies, Limits: limits(&cfg.Limits),
	}
	for _, k := range cfg.Keys {
		sc.Keys = append(sc.Keys, server.APIKey{Name: k.Name, Secret: k.Key.Reveal(), Scopes: k.Scopes})
	}
	return sc
}

// firstKey makes an API key when there is none at all, and returns its secret, which is shown this once.
func (s *service) firstKey(ctx context.Context) (string, error) {
	if len(s.cfg.Keys) > 0 {
		return "", nil
	}
	keys, err := s.store.Keys(ctx)
	if err != nil || len(keys) > 0 {
		return "", err
	}
	return addKey(ctx, s.store, "default", belfry.ScopeAdmin)
}

// url is where the service is reached from this machine.
func (s *service) url() string {
	addr, ok := s.main.Addr().(*net.TCPAddr)
	if !ok {
		return "http://" + s.main.Addr().String()
	}
	host, _, _ := net.SplitHostPort(string(s.cfg.Addr))
	if host == "" || addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}

// Times of the HTTP server. There is none for writing: a stream is one long answer, and has its own for each write.
const (
	idleTimeout  = 2 * time.Minute
	drainTimeout = 8 * time.Second // orchestrators commonly kill after 10
)

// run serves until ctx ends, then drains: streams are told when to come back, requests under way are finished.
func (s *service) run(ctx context.Context, handler http.Handler) error {
	type face struct {
		*http.Server
		at net.Listener
	}
	faces := []face{{s.httpServer(withBodyTimeout(handler, s.cfg.BodyTimeout.Duration())), s.server.Listener(s.main)}}
	if s.metrics != nil {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", s.server.MetricsHandler())
		faces = append(faces, face{s.httpServer(mux), s.metrics})
	}
	var all []*http.Server
	var serving sync.WaitGroup
	failed := make(chan error, len(faces))
	for _, f := range faces {
		all = append(all, f.Server)
		serving.Go(func() { failed <- fmt.Errorf("serve at %s: %w", f.at.Addr(), f.Serve(f.at)) })
	}
	done := make(chan struct{})
	serving.Go(func() { s.reloading(done) })
	serving.Go(func() { s.giveBack(done) })
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("stopping: telling streams, finishing requests; a second signal ends at once")
	case err = <-failed:
	}
	close(done)
	err = errors.Join(err, s.drain(all))
	serving.Wait()
	return err
}

func (s *service) httpServer(h http.Handler) *http.Server {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: s.cfg.HeaderTimeout.Duration(), IdleTimeout: idleTimeout, MaxHeaderBytes: int(s.cfg.MaxHeaderBytes),
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // clients that speak no HTTP
	}
	s.server.Guard(srv)
	return srv
}

// withBodyTimeout ends requests whose body comes in drops. An http.Server's ReadTimeout would do the same to streams.
func withBodyTimeout(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// What cannot have a deadline has none; every connection of a net/http server can.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		next.ServeHTTP(w, r)
	})
}

// drain closes the listeners and the streams, and waits for the requests under way.
func (s *service) drain(serving []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	done := make(chan error, len(serving))
	for _, h := range serving {
		go func() { done <- h.Shutdown(ctx) }()
	}
	err := s.server.Close(ctx)
	for range serving {
		if e := <-done; e != nil {
			err = errors.Join(err, fmt.Errorf("finish requests: %w", e))
		}
	}
	for _, h := range serving {
		_ = h.Close() // what did not finish in time
	}
	return err
}

// close frees what openService opened; run has closed the rest before.
func (s *service) close() {
	signal.Stop(s.hangup)
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		s.warn(s.server.Close(ctx), "close the server")
	}
	if s.carrier != nil {
		s.warn(s.carrier.Close(), "close the mail connections")
	}
	if s.django != nil {
		s.warn(s.django.Close(), "close Django's database")
	}
	for _, l := range []net.Listener{s.main, s.metrics} {
		if l != nil {
			_ = l.Close() // run has closed it already
		}
	}
	if s.bus != nil {
		s.warn(s.bus.Close(), "close the bus")
	}
	if s.store != nil {
		s.warn(s.store.Close(), "close the database")
	}
	if s.book != nil {
		s.book.close()
	}
}

func (s *service) warn(err error, what string) {
	if err != nil {
		s.log.Warn(what, "error", err)
	}
}
