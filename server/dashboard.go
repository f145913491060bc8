package server

import (
	"context"
	"fmt"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/dashboard"
)

// openDashboard makes the pages for operators.
func (s *Server) openDashboard(cfg *Config, keys *auth.Authenticator) error {
	ctx, cancel := context.WithTimeout(context.Background(), secretTimeout)
	defer cancel()
	secret, err := cfg.Store.Secret(ctx, "dashboard")
	if err != nil {
		return fmt.Errorf("read the secret of the dashboard: %w", err)
	}
	var accounts func() []belfry.AccountStatus
	if s.carrier != nil {
		accounts = s.MailAccounts
	}
	s.pages, err = dashboard.New(dashboard.Config{
		Mail: s.service, Keys: keys, Suppressions: cfg.Store, Accounts: accounts, Secret: secret, Open: cfg.OpenDashboard, Limits: s.limits, Proxies: cfg.TrustedProxies,
		Version: cfg.Version, Logger: cfg.Logger, Now: s.now,
	})
	return err
}
