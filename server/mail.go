package server

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
	"github.com/belfryhq/belfry/internal/letter"
)

// secretTimeout bounds how long New waits for a store.
const secretTimeout = 10 * time.Second

// openMail makes what renders and delivers mail. Nothing runs yet.
func (s *Server) openMail(cfg *Config) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), secretTimeout)
	defer cancel()
	secret, err := cfg.Store.Secret(ctx, "mail")
	if err != nil {
		return fmt.Errorf("read the secret of mail: %w", err)
	}
	s.press, err = letter.New(letter.Config{
		Templates: cfg.Templates, From: cfg.From, ReplyTo: cfg.ReplyTo, PublicURL: cfg.PublicURL, Secret: secret, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	sender, err := envelopeSender(cfg)
	if err != nil {
		return err
	}
	s.worker, err = deliver.New(deliver.Config{
		Outbox: cfg.Store, Carrier: cfg.Carrier, Render: s.press.Render, From: sender, Logger: cfg.Logger,
		Now: s.now, Folder: cfg.Store, RenderFolded: s.press.RenderFolded,
	})
	return err
}

// envelopeSender is the address alone, for the envelope.
func envelopeSender(cfg *Config) (string, error) {
	if cfg.Carrier == nil {
		return "", nil
	}
	a, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return "", fmt.Errorf("mail that leaves needs a sender, and From %.320q is not an address", cfg.From)
	}
	return a.Address, nil
}

// MailAccounts returns the state of the accounts by which mail leaves; none without a Carrier.
func (s *Server) MailAccounts() []belfry.AccountStatus {
	if s.carrier == nil {
		return nil
	}
	return s.carrier.Accounts(s.now())
}

// stopMail begins to stop the deliveries, so that mails and streams end at the same time; the channel is closed when they have.
func (s *Server) stopMail(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	if s.worker == nil {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		s.worker.Close(ctx)
	}()
	return done
}

func (s *Server) mailCollector() *mailCollector {
	queue, _ := s.store.(belfry.QueueCounter)
	return &mailCollector{stats: s.worker.Stats, accounts: s.MailAccounts, queue: queue, now: s.now}
}
