package main

import (
	"context"
	"fmt"
	"time"

	"github.com/belfryhq/belfry/django"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
)

// openDjango opens Django's database, if the settings name one, and tells the server whose logins to believe.
func openDjango(ctx context.Context) adjustment {
	return func(s *service, sc *server.Config) (err error) {
		cfg := &s.cfg.Logins
		if err := cfg.Check(); err != nil {
			return usageError{err}
		}
		if cfg.DjangoSecretKey.Reveal() == "" {
			return nil
		}
		sc.Django = &server.Django{
			SecretKey: cfg.DjangoSecretKey.Reveal(), Fallbacks: cfg.DjangoFallbacks.Reveal(), Cookie: cfg.DjangoCookie[0],
			CookieAge: time.Duration(cfg.DjangoCookieAge),
		}
		if cfg.DjangoDatabase == "" {
			return nil
		}
		s.django, err = django.Open(ctx, django.Config{
			URL: cfg.DjangoDatabase.Reveal(), SessionTable: cfg.DjangoSessions, UserTable: cfg.DjangoUsers, Columns: cfg.DjangoUserColumns,
			Logger: s.log,
		})
		if err != nil {
			return usageError{fmt.Errorf("BELFRY_DJANGO_DATABASE_URL: %w", err)}
		}
		sc.Django.Rows = s.django
		return nil
	}
}

// orNone translates a time whose zero means none, where the server's zero is its default.
func orNone(p config.Pause) time.Duration {
	if p == 0 {
		return -1
	}
	return time.Duration(p)
}
