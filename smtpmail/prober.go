package smtpmail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A prober goes through a dialogue step by step.
type prober struct {
	options ProbeOptions
	report  func(Step)
	redact  *redactor
	account Account
	session *session
}

func (p *prober) run(ctx context.Context, a Account) bool {
	p.redact, p.account = newRedactor(a), a
	a, err := a.Complete()
	if err != nil {
		p.report(Step{Stage: StageDNS, Status: Failed, Fault: ruleForError(StageDNS, "no-auth").Fault, Detail: p.redact.clean(err.Error()), Mend: p.redact.clean(err.Error())})
		return false
	}
	defer p.end()
	return p.connect(ctx, &a) && p.greet(ctx, &a) && p.authenticate(ctx, &a) && p.envelope(ctx) && p.send(ctx)
}

// step runs one step and reports it; do returns what was found, what was said, or the failure.
func (p *prober) step(stage Stage, do func(*Step) *failure) bool {
	s := Step{Stage: stage, Status: OK}
	begin := time.Now()
	f := do(&s)
	s.Took = time.Since(begin)
	if f != nil {
		rule := f.rule()
		s.Status, s.Fault, s.Rule, s.Mend = Failed, rule.Fault, rule.Name, rule.mend(&p.account)
		if f.reply != nil {
			s.Said = f.words()
		} else {
			s.Detail = f.text
		}
	}
	s.Said, s.Detail = p.redact.clean(s.Said), p.redact.clean(s.Detail)
	p.report(s)
	return s.Status != Failed
}

func (p *prober) connect(ctx context.Context, a *Account) bool {
	resolve := func(s *Step) *failure {
		within, cancel := context.WithTimeout(ctx, a.Timeouts.Dial)
		defer cancel()
		found, err := net.DefaultResolver.LookupNetIP(within, "ip", a.Host)
		if err != nil {
			return broken(StageDNS, err)
		}
		var all []string
		for _, ip := range found {
			all = append(all, ip.Unmap().String())
		}
		s.Detail = a.Host + " is " + strings.Join(slices.Compact(all), ", ")
		return nil
	}
	dial := func(s *Step) *failure {
		opened, f := dialSession(ctx, a, new(net.Dialer).DialContext)
		if f == nil {
			p.session = opened
			s.Detail = "connected to " + opened.raw.RemoteAddr().String()
		}
		return f
	}
	return p.step(StageDNS, resolve) && p.step(StageDial, dial)
}

// guarded closes the connection when ctx ends during a step.
func (p *prober) guarded(ctx context.Context, stage Stage, do func(*Step) *failure) bool {
	defer p.session.guard(ctx)()
	return p.step(stage, do)
}

func (p *prober) greet(ctx context.Context, a *Account) bool {
	secure := func(s *Step) *failure { return p.certificate(s, p.session.handshake(ctx)) }
	hello := func(s *Step) *failure {
		f := p.session.hello(ctx)
		s.Detail = "it offers " + offered(p.session.offers)
		return f
	}
	if a.TLS == TLSImplicit && !p.guarded(ctx, StageTLS, secure) {
		return false
	}
	if !p.guarded(ctx, StageGreeting, func(*Step) *failure { return p.session.greet(ctx) }) || !p.guarded(ctx, StageEHLO, hello) {
		return false
	}
	if a.TLS != STARTTLS {
		return true
	}
	start := func(s *Step) *failure { return p.certificate(s, p.session.startTLS(ctx)) }
	return p.guarded(ctx, StageTLS, start) && p.guarded(ctx, StageEHLO, hello)
}

func offered(offers map[string]string) string {
	var all []string
	for keyword, parameters := range offers {
		all = append(all, strings.TrimSpace(keyword+" "+parameters))
	}
	if len(all) == 0 {
		return "nothing"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// soon is how near the end of a certificate is worth a word.
const soon = 14 * 24 * time.Hour

func (p *prober) certificate(s *Step, f *failure) *failure {
	c, ok := p.session.Conn.(*tls.Conn)
	if f != nil || !ok {
		return f
	}
	state := c.ConnectionState()
	leaf := state.PeerCertificates[0]
	s.Detail = fmt.Sprintf("%s, a certificate for %s by %s, good until %s", tls.VersionName(state.Version),
		strings.Join(leaf.DNSNames, ", "), leaf.Issuer.CommonName, leaf.NotAfter.UTC().Format(time.DateOnly))
	if left := time.Until(leaf.NotAfter); left < soon {
		s.Status = Warning
		s.Mend = fmt.Sprintf("The server's certificate ends in %d days: its operator must renew it.", int(left.Hours()/24))
	}
	return nil
}

func (p *prober) authenticate(ctx context.Context, a *Account) bool {
	if a.User == "" {
		return true
	}
	bearer := ""
	if a.OAuth2 != nil {
		fetch := func(*Step) *failure {
			var err error
			if bearer, _, err = newTokens(*a.OAuth2, a.Timeouts.Command).get(ctx); err != nil {
				return broken(StageToken, err)
			}
			p.redact.learnBearer(bearer)
			return nil
		}
		if !p.step(StageToken, fetch) {
			return false
		}
	}
	return p.guarded(ctx, StageAuth, func(s *Step) *failure {
		s.Detail = "logged in as " + a.User
		f := p.session.authenticate(ctx, bearer)
		if f != nil {
			s.Detail = ""
		}
		return f
	})
}

// envelope asks whether the server would take a mail, and takes the question back.
func (p *prober) envelope(ctx context.Context) bool {
	if p.options.To == "" {
		return true
	}
	mail, err := envelopeAddress(p.options.From)
	if err != nil {
		return p.step(StageMail, func(*Step) *failure { return &failure{stage: StageMail, kind: "bad-address", text: err.Error()} })
	}
	rcpt, err := envelopeAddress(p.options.To)
	if err != nil {
		return p.step(StageRcpt, func(*Step) *failure { return &failure{stage: StageRcpt, kind: "bad-address", text: err.Error()} })
	}
	ask := func(stage Stage, line string) bool {
		return p.guarded(ctx, stage, func(s *Step) *failure {
			r, f := p.session.ask(ctx, stage, 2, p.session.account.Timeouts.Command, line)
			if f == nil {
				s.Said = (&failure{reply: r}).words()
			}
			return f
		})
	}
	extra := ""
	if !ascii([]byte(mail + rcpt)) {
		extra = " SMTPUTF8"
	}
	p.session.reset = true
	return ask(StageMail, "MAIL FROM:<"+mail+">"+extra) && ask(StageRcpt, "RCPT TO:<"+rcpt+">")
}

// send hands the message over.
func (p *prober) send(ctx context.Context) bool {
	if !p.options.SendTest || p.options.To == "" {
		return true
	}
	return p.step(StageDot, func(s *Step) *failure {
		l, problem := checkLetter(letterOf(p.options))
		if problem != "" {
			return &failure{stage: StageDot, kind: "bad-message", text: problem}
		}
		if !p.session.alive(ctx) { // RSET
			return broken(StageMail, protocolError("the server does not take a question back"))
		}
		r, f := p.session.send(ctx, l, &committer{commit: func(context.Context, string) error { return nil }})
		if f == nil {
			s.Said, s.Detail = (&failure{reply: r}).words(), "the server accepted the mail"
		}
		return f
	})
}

// end leaves in order where nothing is open, else without a word.
func (p *prober) end() {
	switch {
	case p.session == nil:
	case p.session.reset:
		p.session.abandon()
	default:
		p.session.quit()
	}
}
