package smtpmail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is what a [Carrier] needs.
type Config struct {
	Accounts []Account           // at least one; the first that can carries
	State    belfry.MailAccounts // where the state of the accounts outlives the process
	Logger   *slog.Logger        // nil: nothing is logged
	Now      func() time.Time    // nil: time.Now; deadlines of the network are real time

	// Dial opens connections, and Patience is how long a mail waits for an account that is in use before it is given
	// back; for tests. Default: TCP; 30 s.
	Dial     func(ctx context.Context, network, address string) (net.Conn, error)
	Patience time.Duration
}

// A Carrier is a [belfry.Carrier] over SMTP.
type Carrier struct {
	senders []*sender
	now     func() time.Time
	domains domains

	alive context.Context // ends with Close
	end   context.CancelFunc
	busy  sync.WaitGroup // the Carries under way
	mu    sync.Mutex     // of closed, so that no Carry begins after Close waits
	over  bool
}

var _ belfry.Carrier = (*Carrier)(nil)

// New returns a carrier. It connects to nobody, and reads the state of the accounts from the store.
func New(cfg Config) (*Carrier, error) {
	switch {
	case len(cfg.Accounts) == 0:
		return nil, errors.New("smtpmail: no account is set")
	case cfg.State == nil:
		return nil, errors.New("smtpmail: no store for the accounts' state is set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 30 * time.Second
	}
	c := &Carrier{now: cfg.Now, domains: domains{state: cfg.State, logger: cfg.Logger}}
	c.alive, c.end = context.WithCancel(context.Background())
	names := map[string]bool{}
	for _, a := range cfg.Accounts {
		a, err := a.Complete()
		if err != nil {
			return nil, fmt.Errorf("smtpmail: %w", err)
		}
		if names[a.Name] {
			return nil, fmt.Errorf("smtpmail: two accounts have the name %q", a.Name)
		}
		names[a.Name] = true
		s, err := newSender(a, cfg)
		if err != nil {
			return nil, err
		}
		c.senders = append(c.senders, s)
	}
	return c, nil
}

// Carry implements belfry.Carrier.
func (c *Carrier) Carry(ctx context.Context, l belfry.Letter, commit func(ctx context.Context, account string) error) belfry.Outcome {
	if !c.begin() {
		return unasked(belfry.FaultConnection, "Belfry is being stopped.", time.Time{})
	}
	defer c.busy.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.alive, cancel)()

	letter, problem := checkLetter(l)
	if problem != "" {
		return belfry.Outcome{Verdict: belfry.Refused, Fault: belfry.FaultBug, Reason: problem, Counts: true}
	}
	c.domains.know(ctx, letter.domain, c.now())
	if until, why := c.domains.parked(letter.domain, c.now()); why != "" {
		return unasked(belfry.FaultSender, why, until)
	}
	out := c.carry(ctx, letter, commit)
	c.learn(ctx, letter, &out)
	return out.Outcome
}

// carry tries the accounts in their order, each as far as nobody was asked.
func (c *Carrier) carry(ctx context.Context, l letter, commit func(context.Context, string) error) result {
	var first *result
	for _, s := range c.senders {
		if l.Account != "" && l.Account != s.account.Name {
			continue
		}
		out := s.carry(ctx, l, commit)
		if out.asked || out.Verdict == belfry.Refused {
			return out
		}
		if first == nil || out.NotBefore.Before(first.NotBefore) {
			first = &out
		}
	}
	if first == nil {
		why := fmt.Sprintf("The mail was begun by the account %q, which is not set any more.", l.Account)
		return result{Outcome: unasked(belfry.FaultConfig, why, c.now().Add(time.Hour))}
	}
	return *first
}

// learn draws the consequences that concern all accounts.
func (c *Carrier) learn(ctx context.Context, l letter, out *result) {
	now := c.now()
	switch {
	case out.Verdict == belfry.Delivered:
		c.domains.clear(ctx, l.domain)
	case out.rule.Pause.Of == "domain":
		out.NotBefore = c.domains.park(ctx, l.domain, out.rule.Pause, out.Reason, now)
	case out.rule.Pause.Of == "person":
		out.NotBefore = now.Add(out.rule.Pause.length(0, 0))
	case out.rule.Pause.Of == "account" && l.Account == "":
		// Another account may be ready at once.
		if _, from, _ := c.Ready(now, l.Class); from.Before(out.NotBefore) {
			out.NotBefore = from
		}
	case out.rule.Again:
		out.NotBefore = now
	}
	switch out.rule.Suppress {
	case "yes":
		out.Suppress = true
	case "second":
		out.Suppress = c.domains.fullAgain(ctx, l.to, now)
	}
}

// Ready implements belfry.Carrier.
func (c *Carrier) Ready(now time.Time, class belfry.MailClass) (ok bool, from time.Time, why string) {
	if until, why := c.domains.allParked(now); why != "" {
		return false, until, why
	}
	for i, s := range c.senders {
		ok, t, reason := s.ready(now, class)
		if ok {
			return true, now, ""
		}
		if i == 0 || t.Before(from) {
			from, why = t, reason
		}
	}
	return false, from, why
}

// Accounts implements belfry.Carrier.
func (c *Carrier) Accounts(now time.Time) []belfry.AccountStatus {
	all := make([]belfry.AccountStatus, len(c.senders))
	for i, s := range c.senders {
		all[i] = s.status(now)
	}
	return all
}

// Close implements belfry.Carrier.
func (c *Carrier) Close() error {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.end()
	c.busy.Wait()
	for _, s := range c.senders {
		s.close()
	}
	return nil
}

func (c *Carrier) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.busy.Add(1)
	return true
}

// A result is an outcome and what led to it.
type result struct {
	belfry.Outcome
	rule  Rule
	asked bool // a server was asked, or commit was called: no other account is tried in this call
}

// unasked is the outcome for a letter that nobody was asked about.
func unasked(fault belfry.Fault, why string, from time.Time) belfry.Outcome {
	return belfry.Outcome{Verdict: belfry.Deferred, Fault: fault, Reason: why, NotBefore: from}
}
