package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/demo"
	"github.com/belfryhq/belfry/server"
)

type demoCmd struct {
	config.Config
}

// Run serves with the sample app until it is told to stop.
func (c *demoCmd) Run(ctx context.Context, p *program) error {
	if c.JWTPublicKey != "" && c.JWTSecret.Reveal() == "" {
		return usagef("the demo signs its visitor's tokens itself and needs a secret, not BELFRY_JWT_PUBLIC_KEY; unset it, or set BELFRY_JWT_SECRET too")
	}
	if err := c.keepSecrets(); err != nil {
		return err
	}
	s, err := openService(ctx, p, &c.Config, c.showMail)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.greetVisitor(ctx); err != nil {
		return err
	}
	key := c.Keys[0].Key.Reveal()
	app, err := demo.New(demo.Config{
		URL: s.url(), APIKey: key, Cookie: c.plainCookie(), Logger: s.log, AnyHost: !c.Addr.Loopback(), UserID: demoUser,
		Sign: func(user string, expires time.Time) (string, error) { return signToken(&c.JWT, user, expires) },
	})
	if err != nil {
		return err
	}
	if !c.Addr.Loopback() {
		s.log.Warn("the demo signs in everyone who can reach it, and shows them its API key; do not leave it running in a network you do not trust", "addr", string(c.Addr))
	}
	s.greet("the sample app signs its visitor in by itself", "")
	p.printf("\nOpen %s in two tabs, then send a notification from a terminal:\n\n%s\n\n", p.paint(s.url()+"/demo/", bold), demo.CurlLine(s.url(), key, demoUser))
	return s.run(ctx, beside(s.server, app))
}

// plainCookie is the first of the cookies that browsers take without TLS, which the demo has none of.
func (c *demoCmd) plainCookie() string {
	for _, name := range c.JWTCookies {
		if !strings.HasPrefix(name, "__Host-") && !strings.HasPrefix(name, "__Secure-") {
			return name
		}
	}
	return c.JWTCookies[0]
}

// showMail lets the visitor look at the mail that is kept, and makes its links lead here.
func (c *demoCmd) showMail(s *service, sc *server.Config) error {
	sc.OpenDashboard = c.Addr.Loopback()
	if sc.PublicURL == "" {
		sc.PublicURL = s.url()
	}
	return nil
}

// greetVisitor gives the sample person an address, unless mail leaves: it is nobody's.
func (s *service) greetVisitor(ctx context.Context) error {
	_, err := s.store.User(ctx, demoUser)
	if s.carrier != nil || !errors.Is(err, belfry.ErrNotFound) {
		return err
	}
	return s.store.PutUser(ctx, belfry.User{ID: demoUser, Name: "Demo user", Email: "demo@example.com", Locale: "en"})
}

// demoUser is the sample person's id, which stands in the line to paste.
const demoUser = "demo-user"

// beside gives the sample app its pages, and the server everything else.
func beside(server, app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p == "/" || p == "/demo" || strings.HasPrefix(p, "/demo/") {
			app.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(w, r)
	})
}
