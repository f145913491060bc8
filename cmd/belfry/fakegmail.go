package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/fakegmail"
)

type fakeGmailCmd struct {
	Addr     config.Address    `default:"127.0.0.1:1587" help:"Where to listen."`
	Scenario string            `placeholder:"RULES" help:"How to misbehave, like 'quota=500/24h' or 'nth=3:drop=after-dot; to=ada@example.org:no-such-user'. 'list' lists all there is."`
	TLS      string            `name:"tls" enum:"starttls,implicit,none" default:"starttls" help:"How a connection becomes private: starttls, as Gmail's port 587; implicit, as 465; none."`
	User     map[string]string `placeholder:"USER=PASSWORD" help:"A login that is taken, and may be given more than once. Without any, every login is."`
	Dir      string            `placeholder:"DIR" help:"Keep each mail as a file here: 000001.eml is the first."`
	Cert     string            `placeholder:"FILE" help:"Write the certificate here, for SSL_CERT_FILE of the program that is to trust it."`
	JSON     bool              `help:"Print each event as a line of JSON."`
}

// Run serves until it is told to stop.
func (c *fakeGmailCmd) Run(ctx context.Context, p *program) error {
	if c.Scenario == "list" {
		return c.list(p)
	}
	scenario, err := fakegmail.ParseScenario(c.Scenario)
	if err != nil {
		return usagef("--scenario: %w; --scenario list lists all there is", err)
	}
	if c.Dir != "" {
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return usagef("--dir: %w", err)
		}
	}
	s, err := fakegmail.Start(ctx, fakegmail.Options{
		Addr: string(c.Addr), Scenario: scenario, Users: c.User, Forget: true,
		TLS:  map[string]fakegmail.TLSMode{"implicit": fakegmail.Implicit, "none": fakegmail.NoTLS}[c.TLS],
		Keep: c.keep, Watch: func(e fakegmail.Event) { c.report(p, &e) },
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("--addr: %s is in use by another program; stop it, or choose another address", c.Addr)
	}
	if err != nil {
		return fmt.Errorf("--addr: %w; choose another address", err)
	}
	if c.Cert != "" {
		if err := os.WriteFile(c.Cert, s.CertPEM(), 0o644); err != nil { //nolint:gosec // a certificate is public
			return errors.Join(fmt.Errorf("--cert: %w", err), s.Close())
		}
	}
	if err := c.greet(p, s); err != nil {
		return errors.Join(err, s.Close())
	}
	<-s.Done()
	if err := s.Close(); err != nil {
		return fmt.Errorf("stop the fake: %w", err)
	}
	return nil
}

// keep writes a mail under a name that it has only when it is whole.
func (c *fakeGmailCmd) keep(m fakegmail.Message) error {
	if c.Dir == "" {
		return nil
	}
	path := filepath.Join(c.Dir, fmt.Sprintf("%06d.eml", m.Number))
	if err := os.WriteFile(path+".part", m.Data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// greet says where the fake is, and what to set so that Belfry, or Django, sends to it.
func (c *fakeGmailCmd) greet(p *program, s *fakegmail.Server) error {
	if c.JSON {
		return p.printJSON(map[string]any{"event": "listening", "addr": s.Addr()})
	}
	p.printf("%s is listening at %s; nothing leaves this machine\n\n", p.paint("Fake Gmail", bold), p.paint(s.Addr(), green))
	p.printf("  EMAIL_HOST=%s\n  EMAIL_PORT=%d\n", s.Host(), s.Port())
	switch c.TLS {
	case "starttls":
		p.printf("  EMAIL_USE_TLS=true\n")
	case "implicit":
		p.printf("  EMAIL_USE_TLS=false\n  EMAIL_USE_SSL=true\n")
	default:
		p.printf("  EMAIL_USE_TLS=false\n")
	}
	user, password := "you@gmail.com", "abcdefghijklmnop"
	for user, password = range c.User {
		break
	}
	p.printf("  EMAIL_HOST_USER=%s\n  EMAIL_HOST_PASSWORD=%s\n", user, password)
	if c.Cert != "" {
		p.printf("\nThe program that sends must trust the certificate: start it with SSL_CERT_FILE=%s\n", absolute(c.Cert))
	}
	p.printf("\n")
	return nil
}

// report prints an event; one that cannot be printed is no failure of the fake.
func (c *fakeGmailCmd) report(p *program, e *fakegmail.Event) {
	if c.JSON {
		_ = p.printJSON(e)
		return
	}
	st := dim
	switch e.Kind {
	case fakegmail.Accepted:
		st = green
	case fakegmail.Fault:
		st = red
	case fakegmail.Opened, fakegmail.Client, fakegmail.Reply, fakegmail.Closed:
	}
	p.printf("%s\n", p.paint(e.String(), st))
}

// list prints what a scenario can say.
func (c *fakeGmailCmd) list(p *program) error {
	if c.JSON {
		return p.printJSON(map[string]any{"stages": fakegmail.Stages(), "replies": fakegmail.Rows()})
	}
	p.printf("%s\n\nReplies, and where they are usual (NAME@STAGE gives them elsewhere):\n\n", fakegmail.Grammar)
	for _, row := range fakegmail.Rows() {
		p.printf("%-22s %-9s %s\n", row.Name, row.Stage, row.Answer)
	}
	return nil
}
