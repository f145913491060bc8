package smtpmail

import (
	"context"
	"fmt"
	"time"
)

// A committer calls commit once, and remembers that.
type committer struct {
	commit  func(ctx context.Context, account string) error
	account string
	called  bool
}

func (c *committer) call(ctx context.Context) error {
	c.called = true
	return c.commit(ctx, c.account)
}

// flight is up to how many bytes a message goes out together with its envelope. A longer one waits for the answers to the
// envelope: it would be sent in vain to a server that refuses it.
const flight = 64 << 10

// send hands one letter over; without a failure the server has accepted it.
func (s *session) send(ctx context.Context, l letter, c *committer) (*reply, *failure) {
	mail, rcpt, f := s.envelope(l)
	if f != nil {
		return nil, f
	}
	defer s.guard(ctx)()
	s.mails++
	defer func() { s.used = time.Now() }()
	chunking, pipelining := s.offered("CHUNKING"), s.offered("PIPELINING")
	if chunking && pipelining && len(l.Message) <= flight {
		return s.sendAtOnce(ctx, l, c, mail, rcpt)
	}
	if f := s.open(ctx, mail, rcpt, pipelining); f != nil {
		return nil, f
	}
	if chunking {
		return s.sendChunk(ctx, l, c)
	}
	return s.sendData(ctx, l, c)
}

// sendAtOnce sends envelope and message in one flight. The server may accept from the first byte of it on.
func (s *session) sendAtOnce(ctx context.Context, l letter, c *committer, mail, rcpt string) (*reply, *failure) {
	if err := c.call(ctx); err != nil {
		return nil, &failure{stage: StageMail, commit: err, clean: true}
	}
	b := fmt.Appendf(make([]byte, 0, len(mail)+len(rcpt)+len(l.Message)+40), "%s\r\n%s\r\nBDAT %d LAST\r\n", mail, rcpt, len(l.Message))
	if f := s.hand(ctx, append(b, l.Message...)); f != nil {
		return nil, f
	}
	var first *failure // the answers to a refused envelope are all read: the connection stays in step
	for _, step := range []struct {
		stage Stage
		d     time.Duration
	}{{StageMail, s.account.Timeouts.Command}, {StageRcpt, s.account.Timeouts.Command}, {StageDot, s.account.Timeouts.Dot}} {
		r, err := s.read(ctx, step.d)
		switch {
		case err != nil && first != nil:
			return nil, first // that is certain; the connection is not
		case err != nil:
			f := broken(step.stage, err)
			f.lost = true
			return nil, f
		case first != nil:
		case r.code/100 == 2 && step.stage == StageDot:
			return r, nil
		case r.code == 421: // the last that it says
			return nil, refused(step.stage, r)
		case step.stage == StageDot && r.code/100 < 4:
			f := refused(step.stage, r) // not an answer to a message: nobody knows
			f.lost = true
			return nil, f
		case r.code/100 != 2:
			first = refused(step.stage, r)
		}
	}
	first.clean = true
	return nil, first
}

// open begins a transaction: MAIL and RCPT, together where the server allows it.
func (s *session) open(ctx context.Context, mail, rcpt string, together bool) *failure {
	d := s.account.Timeouts.Command
	if !together {
		if _, f := s.ask(ctx, StageMail, 2, d, mail); f != nil {
			return f.inOrder()
		}
		_, f := s.ask(ctx, StageRcpt, 2, d, rcpt)
		return f.inOrder()
	}
	if _, err := s.write(ctx, []byte(mail+"\r\n"+rcpt+"\r\n"), s.account.Timeouts.Block); err != nil {
		return broken(StageMail, err)
	}
	first, err := s.read(ctx, d)
	if err != nil {
		return broken(StageMail, err)
	}
	second, err := s.read(ctx, d)
	switch {
	case first.code/100 != 2:
		f := refused(StageMail, first)
		if err != nil {
			return f
		}
		return f.inOrder()
	case err != nil:
		return broken(StageRcpt, err)
	case second.code/100 != 2:
		return refused(StageRcpt, second).inOrder()
	}
	return nil
}

// inOrder marks a refusal after which the dialogue may go on.
func (f *failure) inOrder() *failure {
	if f != nil && f.reply != nil && f.reply.code != 421 {
		f.clean = true
	}
	return f
}

// sendChunk sends the message as one chunk: a server that does not get all of it has nothing (RFC 3030).
func (s *session) sendChunk(ctx context.Context, l letter, c *committer) (*reply, *failure) {
	if err := c.call(ctx); err != nil {
		return nil, &failure{stage: StageData, commit: err, clean: true}
	}
	b := fmt.Appendf(make([]byte, 0, len(l.Message)+40), "BDAT %d LAST\r\n", len(l.Message))
	if f := s.hand(ctx, append(b, l.Message...)); f != nil {
		return nil, f
	}
	return s.answer(ctx)
}

// sendData sends the message under DATA. It is whole with the dot only, so the commit comes right before that.
func (s *session) sendData(ctx context.Context, l letter, c *committer) (*reply, *failure) {
	r, f := s.ask(ctx, StageData, 3, s.account.Timeouts.Data, "DATA")
	if f != nil {
		return nil, f.inOrder()
	}
	if r.code != 354 {
		return nil, refused(StageData, r)
	}
	if _, err := s.write(ctx, dotStuffed(l.Message), s.account.Timeouts.Block); err != nil {
		return nil, s.why(ctx, err)
	}
	if err := c.call(ctx); err != nil {
		return nil, &failure{stage: StageData, commit: err}
	}
	if f := s.hand(ctx, []byte(".\r\n")); f != nil {
		return nil, f
	}
	return s.answer(ctx)
}

// hand sends what makes a message whole. As long as a byte of it has not gone, the server cannot have accepted.
func (s *session) hand(ctx context.Context, b []byte) *failure {
	n, err := s.write(ctx, b, s.account.Timeouts.Block)
	if err == nil {
		return nil
	}
	if n < len(b) {
		return s.why(ctx, err)
	}
	f := broken(StageDot, err)
	f.lost = true
	return f
}

// why looks whether a server that stopped reading said why.
func (s *session) why(ctx context.Context, err error) *failure {
	f := broken(StageData, err)
	if f.kind == "eof" {
		if r, err := s.read(ctx, time.Second); err == nil && r.code >= 400 {
			return refused(StageData, r)
		}
	}
	return f
}

// answer reads what the server says of a whole message.
func (s *session) answer(ctx context.Context) (*reply, *failure) {
	r, err := s.read(ctx, s.account.Timeouts.Dot)
	if err != nil {
		f := broken(StageDot, err)
		f.lost = true
		return nil, f
	}
	switch r.code / 100 {
	case 2:
		return r, nil
	case 4, 5:
		return nil, refused(StageDot, r).inOrder()
	}
	f := refused(StageDot, r)
	f.lost = true
	return nil, f
}
