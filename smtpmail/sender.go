package smtpmail

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// A sender carries by one account: one connection, one mail at a time.
type sender struct {
	account  Account
	state    belfry.MailAccounts
	logger   *slog.Logger
	now      func() time.Time
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	patience time.Duration
	redact   *redactor
	token    *tokens // nil without OAuth2

	gate    gate
	session *session       // of whoever is in the gate
	idle    *time.Timer    // closes session
	timers  sync.WaitGroup // what idle has begun

	mu     sync.Mutex // of the rest; held for moments, never over the network
	since  time.Time  // when somebody entered the gate; zero: nobody is in
	park   park
	ledger ledger
	bucket bucket
	size   int64 // of a message, as the server said; 0: not known
	sent   int64
}

func newSender(a Account, cfg Config) (*sender, error) {
	s := &sender{
		account: a, state: cfg.State, now: cfg.Now, dial: cfg.Dial, patience: cfg.Patience,
		logger: cfg.Logger.With("account", a.Name),
		redact: newRedactor(a),
		ledger: ledger{quota: a.Quota, reserve: a.Quota * a.Reserve / 100},
		bucket: bucket{rate: a.Rate, burst: float64(a.Burst)},
	}
	if a.OAuth2 != nil {
		s.token = newTokens(*a.OAuth2, a.Timeouts.Command)
	}
	if Google(a.Host) {
		s.size = googleMaxSize
	}
	s.park.state = belfry.MailAccount{Name: a.Name, Credential: credential(a)}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		return nil, fmt.Errorf("smtpmail: read the state of account %q: %w", a.Name, err)
	}
	return s, nil
}

// carry hands one letter over, unless it must wait.
func (s *sender) carry(ctx context.Context, l letter, commit func(context.Context, string) error) result {
	if problem := s.tooLarge(len(l.Message)); problem != "" {
		return s.failed(ctx, &failure{stage: StageMail, kind: "too-large", text: problem})
	}
	if ok, from, why := s.open(s.now(), l.Class); !ok {
		return s.later(from, why)
	}
	if !s.enter(ctx, l.Class) {
		return s.later(s.now().Add(s.patience), slowServer)
	}
	defer s.leave()
	s.freshen(ctx)
	if ok, from, why := s.open(s.now(), l.Class); !ok {
		return s.later(from, why)
	}
	if d := s.pace(ctx); d > 0 {
		return s.later(s.now().Add(d), slowAccount)
	}
	return s.try(ctx, l, commit)
}

const (
	slowServer  = "The server is slow to answer for another mail."
	slowAccount = "The account sends no faster."
)

// try hands a letter to the server; in the gate.
func (s *sender) try(ctx context.Context, l letter, commit func(context.Context, string) error) result {
	for first := true; ; first = false {
		c := &committer{commit: s.withinQuota(l.Class, commit), account: s.account.Name}
		f := s.connect(ctx)
		reused := f == nil && s.session.mails > 0
		var r *reply
		if f == nil {
			r, f = s.session.send(ctx, l, c)
		}
		if f == nil {
			return s.delivered(ctx, r)
		}
		s.drop(f)
		if first && reused && !c.called && f.stale() {
			continue // the server had closed the idle connection: nobody's fault
		}
		out := s.failed(ctx, f)
		out.asked = out.asked || c.called
		return out
	}
}

// enter enters the gate, with patience: a letter is given back when a server keeps the gate shut.
func (s *sender) enter(ctx context.Context, class belfry.MailClass) bool {
	patient, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if !s.gate.enter(patient, class) {
		return false
	}
	s.mu.Lock()
	s.since = s.now()
	s.mu.Unlock()
	if s.idle != nil && s.idle.Stop() {
		s.timers.Done()
	}
	s.idle = nil
	return true
}

func (s *sender) leave() {
	s.mu.Lock()
	s.since = time.Time{}
	s.mu.Unlock()
	if s.session != nil {
		s.timers.Add(1)
		s.idle = time.AfterFunc(s.account.IdleClose, func() {
			defer s.timers.Done()
			if s.gate.tryEnter() {
				s.hangUp()
				s.gate.leave()
			}
		})
	}
	s.gate.leave()
}

// pace waits for the rate of the account, as long as patience allows, and takes a place in it. What it returns is still to
// be waited for; 0: the mail may go.
func (s *sender) pace(ctx context.Context) time.Duration {
	for {
		s.mu.Lock()
		d := s.bucket.wait(s.now())
		if d == 0 {
			s.bucket.take(s.now())
		}
		s.mu.Unlock()
		if d == 0 || d > s.patience {
			return d
		}
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return d
		}
	}
}

// later is the outcome of a letter that must wait: nobody was asked.
func (s *sender) later(from time.Time, why string) result {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := unasked(belfry.FaultConnection, why, from)
	switch {
	case s.park.state.NeedsPerson:
		out.Fault, out.NotBefore = belfry.FaultAuth, s.now().Add(shut)
	case s.now().Before(s.park.state.ParkedUntil) && s.park.fault != belfry.FaultNone:
		out.Fault = s.park.fault
	}
	out.Account = s.account.Name
	return result{Outcome: out}
}

func (s *sender) tooLarge(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size > 0 && int64(n) > s.size {
		return fmt.Sprintf("The mail has %d bytes, and the server takes %d.", n, s.size)
	}
	return ""
}

// ready reports whether a mail of a class may go now.
func (s *sender) ready(now time.Time, class belfry.MailClass) (ok bool, from time.Time, why string) {
	if ok, from, why = s.open(now, class); !ok {
		return false, from, why
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.since.IsZero() && now.Sub(s.since) > s.patience {
		return false, now.Add(s.patience), slowServer
	}
	if d := s.bucket.wait(now); d > 0 {
		return false, now.Add(d), slowAccount
	}
	return true, now, ""
}

// open reports whether the account takes mails of a class, apart from how fast.
func (s *sender) open(now time.Time, class belfry.MailClass) (ok bool, from time.Time, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, why := s.park.until(now); why != "" {
		return false, until, why
	}
	if class == belfry.Bulk && now.Before(s.bucket.slow) {
		return false, s.bucket.slow, "The server found the account too fast: bulk mail waits."
	}
	if ok, from := s.ledger.free(now, class); !ok {
		why := fmt.Sprintf("The account has sent its %d mails of the last 24 hours.", s.ledger.quota)
		if class == belfry.Bulk && s.ledger.left(now) > 0 {
			why = fmt.Sprintf("What is left of the account's %d mails in 24 hours is kept for mail that somebody waits for.", s.ledger.quota)
		}
		return false, from, why
	}
	return true, now, ""
}

func (s *sender) status(now time.Time) belfry.AccountStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := belfry.AccountStatus{
		Name: s.account.Name, Host: s.account.Host, State: "ready",
		Quota: s.ledger.quota, QuotaLeft: s.ledger.left(now), Sent: s.sent,
	}
	if until, why := s.park.until(now); why != "" {
		st.State, st.Reason, st.Until = "parked", why, until
		if s.park.state.NeedsPerson {
			st.Until = time.Time{} // nobody knows
		}
	}
	return st
}

// close ends the connection; no Carry is under way any more.
func (s *sender) close() {
	if s.idle != nil && s.idle.Stop() {
		s.timers.Done()
	}
	s.idle = nil
	s.timers.Wait()
	s.hangUp()
}
