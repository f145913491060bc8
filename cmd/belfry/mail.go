package main

import (
	"fmt"
	"strings"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/smtpmail"
)

// openMail opens the accounts by which mail leaves, if there is any, and tells the server of them.
func (s *service) openMail(sc *server.Config) error {
	setup, err := s.p.settings.Mail(s.cfg.Mail)
	if err == nil {
		err = setup.Err()
	}
	if err != nil {
		return usageError{err}
	}
	for _, w := range setup.Warnings() {
		s.log.Warn(w)
	}
	sc.From, sc.ReplyTo = setup.From, setup.ReplyTo
	if len(setup.Accounts) == 0 {
		return nil
	}
	for _, a := range setup.Accounts {
		s.accounts = append(s.accounts, a.Name)
	}
	s.carrier, err = smtpmail.New(smtpmail.Config{Accounts: mailAccounts(setup.Accounts), State: s.store, Logger: s.log, Now: belfry.ClockOf(s.store)})
	if err != nil {
		return usageError{err}
	}
	sc.Carrier = s.carrier
	return nil
}

// mailAccounts translates the settings.
func mailAccounts(accounts []config.MailAccount) []smtpmail.Account {
	var out []smtpmail.Account
	for _, a := range accounts {
		account := smtpmail.Account{
			Name: a.Name, Host: a.Host, Port: a.Port, User: a.User, Secret: a.Password.Reveal(), Quota: a.Quota,
			TLS: map[config.MailTLS]smtpmail.TLSMode{
				config.MailSTARTTLS: smtpmail.STARTTLS, config.MailImplicitTLS: smtpmail.TLSImplicit, config.MailNoTLS: smtpmail.TLSNone,
			}[a.TLS],
		}
		if o := a.OAuth2; o != nil {
			account.OAuth2 = &smtpmail.OAuth2{ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), RefreshToken: o.RefreshToken.Reveal(), TokenURL: o.TokenURL}
		}
		if a.Timeout > 0 {
			account.Timeouts = smtpmail.Within(a.Timeout)
			account.Timeouts.Dot = 0 // to give up a whole mail early would mean to send it twice
		}
		out = append(out, account)
	}
	return out
}

// openWords reads the rules of the categories and finds the templates.
func (s *service) openWords(sc *server.Config) (err error) {
	if sc.Rules, err = s.cfg.Rules(); err != nil {
		return usageError{err}
	}
	if sc.Templates, err = s.cfg.TemplateFiles(); err != nil {
		return usageError{err}
	}
	sc.PublicURL = string(s.cfg.PublicURL)
	return nil
}

// reloading reads the categories again at each SIGHUP until done is closed. A file that cannot be read changes nothing.
func (s *service) reloading(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-s.hangup:
		}
		if err := s.reload(); err != nil {
			s.log.Error("the categories could not be read again; those of before hold", "error", err)
		}
	}
}

func (s *service) reload() error {
	rules, err := s.cfg.Rules()
	if err != nil {
		return err
	}
	if rules == nil {
		rules = belfry.Rules{}
	}
	if err := s.server.SetRules(rules); err != nil {
		return fmt.Errorf("BELFRY_CATEGORIES: %w", err)
	}
	s.log.Info("read the categories again", "file", s.cfg.CategoriesFile(), "categories", len(rules))
	return nil
}

// mailWay says in one line how mail leaves.
func (s *service) mailWay() string {
	if s.carrier == nil {
		return "kept for viewing, never leaves (EMAIL_HOST sends it)"
	}
	return "by " + strings.Join(s.accounts, ", then ")
}
