package smtpmail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// connect makes sure that there is a session: the one that was kept, or a new one.
func (s *sender) connect(ctx context.Context) *failure {
	if kept := s.session; kept != nil {
		switch {
		case kept.mails >= s.account.MaxPerConnection || time.Since(kept.used) > s.account.IdleClose:
			s.hangUp()
		case !kept.alive(ctx):
			s.abandon()
		default:
			return nil
		}
	}
	n, f := dialSession(ctx, &s.account, s.dial)
	if f != nil {
		return f
	}
	stop := n.guard(ctx)
	defer stop()
	if f := s.begin(ctx, n); f != nil {
		n.abandon()
		return f
	}
	s.session = n
	s.mu.Lock()
	defer s.mu.Unlock()
	if size := n.maxSize(); size > 0 {
		s.size = size
	}
	s.park.strikes = 0 // it can be reached
	return nil
}

// begin leads a new session up to where mail may be sent.
func (s *sender) begin(ctx context.Context, n *session) *failure {
	if s.account.TLS == TLSImplicit {
		if f := n.handshake(ctx); f != nil {
			return f
		}
	}
	if f := n.greet(ctx); f != nil {
		return f
	}
	if f := n.hello(ctx); f != nil {
		return f
	}
	if s.account.TLS == STARTTLS {
		if f := n.startTLS(ctx); f != nil {
			return f
		}
		if f := n.hello(ctx); f != nil {
			return f
		}
	}
	if s.account.User == "" {
		return nil
	}
	return s.authenticate(ctx, n)
}

// authenticate logs in. An access token that was kept may have been revoked in the meantime: then a new one is tried, once.
func (s *sender) authenticate(ctx context.Context, n *session) *failure {
	if s.token == nil {
		return n.authenticate(ctx, "")
	}
	for {
		bearer, kept, err := s.token.get(ctx)
		if err != nil {
			return broken(StageToken, err)
		}
		s.redact.learnBearer(bearer)
		f := n.authenticate(ctx, bearer)
		if f == nil {
			return nil
		}
		s.token.forget()
		if !kept || f.reply == nil || f.reply.code != 535 {
			return f
		}
	}
}

// drop ends the session after a failure, unless it is in order.
func (s *sender) drop(f *failure) {
	switch {
	case s.session == nil:
	case f.clean:
		s.session.reset = true
	default:
		s.abandon()
	}
}

func (s *sender) abandon() {
	s.session.abandon()
	s.session = nil
}

func (s *sender) hangUp() {
	if s.session != nil {
		s.session.quit()
		s.session = nil
	}
}

// delivered notes a success: whatever the account was parked for is over.
func (s *sender) delivered(ctx context.Context, r *reply) result {
	now := s.now()
	s.mu.Lock()
	s.sent++
	s.ledger.add(now)
	changed := s.park.clear()
	state := s.park.state
	s.mu.Unlock()
	if changed {
		s.logger.Info("the mail account sends again")
		s.keep(ctx, state)
	}
	return result{asked: true, Outcome: belfry.Outcome{
		Verdict: belfry.Delivered, Account: s.account.Name, Counts: true, Reason: "The server accepted it.", Attempt: s.attempt(StageDot, r, "", now),
	}}
}

func (s *sender) attempt(stage Stage, r *reply, text string, at time.Time) *belfry.Attempt {
	a := &belfry.Attempt{At: at, Stage: string(stage)}
	if r == nil {
		a.Text = s.redact.clean(text)
		return a
	}
	a.Code, a.EnhancedCode, a.Text = r.code, r.enhanced, s.redact.clean(r.text())
	return a
}

// failed says what a failure means, and parks the account if it is the account's.
func (s *sender) failed(ctx context.Context, f *failure) result {
	now := s.now()
	if f.commit != nil {
		return s.uncommitted(f)
	}
	rule := f.rule()
	out := result{rule: rule, asked: f.asked(), Outcome: belfry.Outcome{
		Verdict: rule.verdict(), Fault: rule.Fault, Account: s.account.Name, Counts: rule.Counts,
		Attempt: s.attempt(f.stage, f.reply, f.text, now), Reason: s.reason(f, rule),
	}}
	if f.lost {
		out.Verdict, out.Fault, out.Counts, out.asked = belfry.Lost, belfry.FaultAmbiguous, true, true
		out.Reason = s.redact.clean(fmt.Sprintf("The whole mail was handed to %s and the answer was lost (%s): it may have arrived.", s.account.Host, f.words()))
	}
	s.punish(ctx, rule, f.lost, &out.Outcome, now)
	level := s.logger.Warn
	if rule.Alarm {
		level = s.logger.Error
	}
	level("a mail was not sent", "stage", string(f.stage), "fault", string(out.Fault), "rule", rule.Name, "said", s.redact.clean(f.words()), "mend", rule.mend(&s.account))
	return out
}

// punish parks the account as the rule says.
func (s *sender) punish(ctx context.Context, rule Rule, lost bool, out *belfry.Outcome, now time.Time) {
	s.mu.Lock()
	if lost {
		s.ledger.add(now)
	}
	changed := false
	if rule.Pause.Of == "account" {
		changed = s.park.add(rule, out.Reason, now, rand.Float64())
		until, _ := s.park.until(now)
		if s.park.state.NeedsPerson {
			until = now.Add(shut)
		}
		if !lost {
			out.NotBefore = until
		}
	}
	if rule.Pause.Slow {
		s.bucket.slow = now.Add(slowFor)
		s.park.state.SlowUntil, changed = s.bucket.slow, true
	}
	state := s.park.state
	s.mu.Unlock()
	if changed {
		s.keep(ctx, state)
	}
}

// shut is how long a mail waits whose account waits for a person: the account stays shut, and the mail is ready when it opens.
const shut = time.Minute

// slowFor is how long an account goes slowly after its server found it too fast.
const slowFor = 6 * time.Hour

func (s *sender) uncommitted(f *failure) result {
	out := belfry.Outcome{
		Verdict: belfry.Deferred, Fault: belfry.FaultConnection, Account: s.account.Name, Reason: "What is about to be sent could not be noted, so it was not sent.",
	}
	switch {
	case errors.Is(f.commit, belfry.ErrLeaseLost):
		out.Reason = "The mail was no longer to be sent."
	case errors.Is(f.commit, errUsedUp):
		out.Reason, out.NotBefore = fmt.Sprintf("The account has sent its %d mails of the last 24 hours, the last of them by another node.", s.ledger.quota), s.again()
	}
	s.logger.Debug("a mail was not committed", "error", f.commit)
	return result{asked: true, Outcome: out}
}

func (s *sender) reason(f *failure, rule Rule) string {
	said := strings.Join(strings.Fields(s.redact.clean(f.words())), " ")
	if rule.Verdict == "refused" && f.reply == nil {
		return said + " " + rule.mend(&s.account)
	}
	return fmt.Sprintf("%s at %s: %s. %s", s.account.Host, strings.ToUpper(string(f.stage)), strings.TrimSuffix(said, "."), rule.mend(&s.account))
}

// words says a failure in one line.
func (f *failure) words() string {
	if f.reply == nil {
		return f.text
	}
	code := fmt.Sprint(f.reply.code)
	if f.reply.enhanced != "" {
		code += " " + f.reply.enhanced
	}
	return code + " " + strings.Join(f.reply.lines, " ")
}

func (f *failure) rule() Rule {
	if f.reply != nil {
		return ruleFor(f.stage, f.reply)
	}
	return ruleForError(f.stage, f.kind)
}

// asked reports whether the server was asked about this mail, not only about the account.
func (f *failure) asked() bool {
	if !slices.Contains([]Stage{StageMail, StageRcpt, StageData, StageDot}, f.stage) {
		return false
	}
	return f.kind != "too-large"
}
