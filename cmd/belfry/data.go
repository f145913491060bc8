package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/natsbus"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

// checkBus says when the settings name a bus that would ring nobody.
func checkBus(cfg *config.Config) error {
	if cfg.BusURL != "" && cfg.DatabaseURL.Path() != "" {
		return usagef("BELFRY_BUS_URL: an SQLite file has one process, which needs no bus; remove it, or name a PostgreSQL database as BELFRY_DATABASE_URL")
	}
	return nil
}

// openData opens the store, and the bus if the settings name one.
func (s *service) openData(ctx context.Context) (err error) {
	if err := checkBus(s.cfg); err != nil {
		return err
	}
	address, shared := s.cfg.DatabaseURL.Postgres()
	// Each is assigned when it is there: a nil of its own type would not be a nil Store.
	if shared {
		store, err := postgres.Open(ctx, address)
		if err != nil {
			return fmt.Errorf("BELFRY_DATABASE_URL: %w", err)
		}
		s.store = store
		return s.openBus(ctx, address)
	}
	store, err := sqlite.Open(ctx, s.cfg.DatabaseURL.Path())
	if err != nil {
		return fmt.Errorf("BELFRY_DATABASE_URL: %w", err)
	}
	s.store = store
	return nil
}

func (s *service) openBus(ctx context.Context, address string) error {
	switch s.cfg.BusURL {
	case "":
		s.log.Warn("BELFRY_BUS_URL is not set, which is right for one node alone: what other nodes do is seen here up to half a minute late; set it to nats://… or postgres")
		return nil
	case config.BusPostgres:
		bus, err := postgres.OpenBus(ctx, address, s.store.Epoch(), s.log)
		if err != nil {
			return fmt.Errorf("BELFRY_BUS_URL: %w", err)
		}
		s.bus = bus
		return nil
	}
	bus, err := natsbus.Open(natsbus.Config{URL: string(s.cfg.BusURL), Epoch: s.store.Epoch(), Logger: s.log})
	if err != nil {
		return fmt.Errorf("BELFRY_BUS_URL: %w", err)
	}
	s.bus = bus
	return nil
}

// An operator's store is what short commands need of a database that servers may have open.
type operatorStore interface {
	AddKey(context.Context, belfry.Key) error
	Keys(context.Context) ([]belfry.Key, error)
	RemoveKey(context.Context, string) error
	Ping(context.Context) error
	MailAccount(context.Context, string) (belfry.MailAccount, error)
	MailsSent(context.Context, string, time.Time, int) (int, []time.Time, error)
	Close() error
}

// withDatabase opens the database beside servers that may be running, and closes it after fn.
func withDatabase(ctx context.Context, c config.Database, fn func(operatorStore) error) error {
	store, err := openOperator(ctx, c.DatabaseURL)
	if err != nil {
		return fmt.Errorf("BELFRY_DATABASE_URL: %w", err)
	}
	return errors.Join(fn(store), store.Close())
}

func openOperator(ctx context.Context, url config.DatabaseURL) (operatorStore, error) {
	if address, ok := url.Postgres(); ok {
		return postgres.OpenAdmin(ctx, address)
	}
	return sqlite.OpenAdmin(ctx, url.Path())
}
