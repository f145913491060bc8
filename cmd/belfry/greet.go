package main

import (
	"path/filepath"
	"strings"

	"github.com/belfryhq/belfry/internal/config"
)

// greet says where the service is, and how browsers come in. key is the secret of the key that was just made, if any.
func (s *service) greet(browsers, key string) {
	p := s.p
	p.printf("%s is ringing at %s\n", p.paint("Belfry", bold), p.paint(s.url(), green))
	p.printf("  data      %s\n", s.place())
	p.printf("  browsers  %s\n", browsers)
	p.printf("  mail      %s\n", s.mailWay())
	if s.metrics != nil {
		p.printf("  metrics   http://%s/metrics\n", s.metrics.Addr())
	}
	if key != "" {
		p.printf("  API key   %s\n", p.paint(key, bold))
		p.printf("            made now and shown this once: only its hash is kept (belfry key add makes another)\n")
	}
}

// place says where the data is, and how other nodes are rung.
func (s *service) place() string {
	if path := s.cfg.DatabaseURL.Path(); path != "" {
		return absolute(path)
	}
	switch s.cfg.BusURL {
	case "":
		return s.cfg.DatabaseURL.String() + ", no bus: for one node"
	case config.BusPostgres:
		return s.cfg.DatabaseURL.String() + ", which rings other nodes too"
	}
	return s.cfg.DatabaseURL.String() + ", other nodes are rung by NATS"
}

// browsers says which credentials of browsers are believed.
func (s *service) browsers() string {
	var ways []string
	if s.cfg.JWTSecret.Reveal() != "" {
		ways = append(ways, "JWT signed with BELFRY_JWT_SECRET")
	}
	if s.cfg.JWTPublicKey != "" {
		ways = append(ways, "JWT checked with BELFRY_JWT_PUBLIC_KEY")
	}
	if s.cfg.JWKSURL != "" {
		ways = append(ways, "JWT checked with the keys of BELFRY_JWKS_URL")
	}
	if s.django != nil {
		ways = append(ways, "Django's sessions")
	}
	if s.cfg.DjangoSecretKey.Reveal() != "" {
		ways = append(ways, "SimpleJWT")
	}
	if s.cfg.AuthURL != "" {
		ways = append(ways, "whoever BELFRY_AUTH_URL knows")
	}
	if len(ways) == 0 {
		return "tickets only (set BELFRY_AUTH_URL to let them in by your app's login, or BELFRY_JWT_SECRET by a JWT)"
	}
	return strings.Join(append(ways, "tickets"), ", ")
}

// absolute is for showing only: where it cannot be told, the path as given will do.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
