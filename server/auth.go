package server

import (
	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

// openAuth makes what knows who asks.
func (s *Server) openAuth(cfg *Config) (*auth.Authenticator, error) {
	c := auth.Config{
		Store: cfg.Store, Keys: cfg.namedKeys(), JWT: auth.JWT(cfg.JWT), Ask: auth.Ask(cfg.Ask), Hook: cfg.Authenticate, Logger: cfg.Logger, Now: s.now,
	}
	if d := cfg.Django; d != nil {
		c.Django = &auth.Django{SecretKey: d.SecretKey, Fallbacks: d.Fallbacks, Rows: d.Rows, Cookie: d.Cookie, CookieAge: d.CookieAge}
		s.django, _ = d.Rows.(pinger)
	}
	a, err := auth.New(c)
	if err != nil {
		return nil, err
	}
	s.endAuth = a.Close
	return a, nil
}

// hangup ends a stream whose login has ended. There is a hub by then: nothing is watched before a stream opens.
func (s *Server) hangup(user, connection string, why belfry.CloseReason) int {
	return s.hub.Hangup(user, connection, why)
}

// closeAuth ends the looking at logins, when no stream is open any more.
func (s *Server) closeAuth() {
	if s.watches != nil {
		s.watches.Close()
	}
	if s.endAuth != nil {
		s.endAuth()
		s.endAuth = nil
	}
}
