package smtpmail_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
)

// honest checks that an outcome says what the server has.
func (b *bench) honest(where string, n int, got belfry.Outcome, committed bool) {
	b.t.Helper()
	kept := b.server.Copies(fmt.Sprintf("<%d@example.org>", n))
	for _, m := range kept {
		if !bytes.Equal(m.Data, mail(n).Message) {
			b.t.Fatalf("%s: the server has other bytes: %q", where, m.Data)
		}
	}
	ok := false
	switch got.Verdict {
	case belfry.Delivered:
		ok = len(kept) == 1 && got.Attempt != nil && got.Attempt.Code == 250
	case belfry.Deferred:
		ok = len(kept) == 0 && got.Fault == belfry.FaultConnection && !got.Counts
	case belfry.Lost:
		ok = len(kept) <= 1 && committed && got.Fault == belfry.FaultAmbiguous && got.Counts
	case belfry.Refused: // a broken connection refuses nothing
	}
	if !ok {
		b.t.Fatalf("%s: got %+v, and the server has %d mails (committed: %v)\n%s", where, got, len(kept), committed, b.server.Dialogue())
	}
}

// The connection breaks at each byte of the dialogue, in both directions: the server has the whole mail or nothing, and
// the outcome says which, or that nobody knows.
func TestBreakAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"", "ehlo=-CHUNKING", "ehlo=-PIPELINING"} {
		for _, direction := range []string{"in", "out"} {
			t.Run(way+" "+direction, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "")
				seen := map[belfry.Verdict]int{}
				step := 1
				if way == "ehlo=-PIPELINING" {
					step = 5 // what differs is covered by the others
				}
				for n, broke := 0, true; broke; n += step {
					b.scenario(fmt.Sprintf("drop=at:%s:%d; %s", direction, n, way))
					b.server.Forget()
					b.clock.move(time.Hour)
					before := len(b.commits)
					// Closing may leave a break unreached: then the mail went, and the next connection is the test.
					got := b.send(n)
					b.honest(fmt.Sprintf("%s at %d", direction, n), n, got, len(b.commits) > before)
					seen[got.Verdict]++
					broke = got.Verdict != belfry.Delivered
				}
				if seen[belfry.Delivered] != 1 || seen[belfry.Deferred] < 30 || direction == "out" && seen[belfry.Lost] < 5 {
					t.Errorf("got %v: the breaks did not reach what they should", seen)
				}
				if direction == "in" && way == "" && seen[belfry.Lost] != 0 {
					t.Logf("lost: %d", seen[belfry.Lost])
				}
				t.Logf("verdicts: %v", seen)
			})
		}
	}
}

func TestBreakAtEveryStage(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"", "ehlo=-CHUNKING", "ehlo=-PIPELINING,-CHUNKING"} {
		b := newBench(t, "")
		n := 0
		for _, at := range []string{"greeting", "starttls", "tls", "ehlo", "auth", "mail", "rcpt", "data", "dot", "after-dot"} {
			for _, how := range []string{"drop", "reset"} {
				n++
				b.scenario(fmt.Sprintf("%s=%s; %s", how, at, way))
				b.clock.move(time.Hour)
				before := len(b.commits)
				got := b.send(n)
				b.honest(how+" "+at+" "+way, n, got, len(b.commits) > before)
				if certain := got.Verdict == belfry.Deferred; certain == (at == "after-dot" || at == "dot") && got.Verdict != belfry.Delivered && way != "" {
					t.Errorf("%s %s %s: got %+v", how, at, way, got)
				}
				b.scenario(way)
				b.clock.move(time.Hour)
				if again := b.send(1000 + n); again.Verdict != belfry.Delivered {
					t.Fatalf("%s %s %s: the next mail: got %+v", how, at, way, again)
				}
			}
		}
		if got := strings.Count(b.server.Dialogue(), "C: QUIT"); got > 2 {
			t.Errorf("%s: got %d QUIT, though only one connection was in order", way, got)
		}
	}
}

// Each stage has its deadline, and a connection that was late is not used again.
func TestStallsMeetTheirDeadline(t *testing.T) {
	t.Parallel()
	const soon = time.Second
	limits := map[string]func(*smtpmail.Timeouts){
		"greeting": func(o *smtpmail.Timeouts) { o.Greeting = soon },
		"ehlo":     func(o *smtpmail.Timeouts) { o.Command = soon },
		"starttls": func(o *smtpmail.Timeouts) { o.Command = soon },
		"tls":      func(o *smtpmail.Timeouts) { o.TLS = soon },
		"auth":     func(o *smtpmail.Timeouts) { o.Command = soon },
		"mail":     func(o *smtpmail.Timeouts) { o.Command = soon },
		"rcpt":     func(o *smtpmail.Timeouts) { o.Command = soon },
		"data":     func(o *smtpmail.Timeouts) { o.Data = soon },
		"dot":      func(o *smtpmail.Timeouts) { o.Dot = soon },
	}
	for at, limit := range limits {
		for _, way := range []string{"", "ehlo=-CHUNKING"} {
			if at == "data" && way == "" {
				continue // there is no DATA
			}
			t.Run(at+" "+way, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, fmt.Sprintf("first=1:stall=%s:1h; %s", at, way), func(a *smtpmail.Account) {
					a.Timeouts = smtpmail.Timeouts{}
					limit(&a.Timeouts)
				})
				begin := time.Now()
				got := b.send(1)
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("took %v", took)
				}
				b.honest("stall", 1, got, len(b.commits) == 1)
				if !strings.Contains(got.Reason, "no answer within 1s") {
					t.Errorf("got the reason %q", got.Reason)
				}
				b.clock.move(time.Hour)
				b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
				if n := b.server.Connections(); n != 2 {
					t.Errorf("got %d connections, want 2", n)
				}
			})
		}
	}
}

// A server that reads no more meets the deadline of a block.
func TestServerThatStopsReading(t *testing.T) {
	t.Parallel()
	l := listen(t)
	enough, done := make(chan struct{}), make(chan struct{})
	defer func() { <-done }()
	defer close(enough)
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		p := newPeer(c)
		p.say("220 hello")
		p.hear("EHLO")
		p.say("250 hello")
		p.hear("MAIL")
		p.say("250 ok")
		p.hear("RCPT")
		p.say("250 ok")
		p.hear("DATA")
		p.say("354 go on")
		<-enough
	}()
	b := newBench(t, "")
	b.open(smtpmail.Account{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: smtpmail.TLSNone, Timeouts: smtpmail.Timeouts{Block: 100 * time.Millisecond}})
	big := mail(1)
	big.Message = append(big.Message, bytes.Repeat([]byte(strings.Repeat("x", 70)+"\r\n"), 300_000)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := b.carrier.Carry(ctx, big, b.commit)
	b.want(got, belfry.Deferred, belfry.FaultConnection)
	if len(b.commits) != 0 || got.Attempt.Stage != "data" {
		t.Errorf("got %d commits, attempt %+v", len(b.commits), got.Attempt)
	}
}

// The end of a context ends the dialogue at once, at each stage.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"greeting", "ehlo", "tls", "auth", "mail", "rcpt", "dot"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			stalled := make(chan struct{}, 10)
			s := fakeWith(t, fakegmail.Options{Watch: func(e fakegmail.Event) {
				if e.Kind == fakegmail.Fault {
					stalled <- struct{}{}
				}
			}}, "stall="+at+":1h; ehlo=-PIPELINING")
			b := newBench(t, "")
			b.server = s
			b.open(accountAt(s))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan belfry.Outcome)
			go func() { done <- b.carrier.Carry(ctx, mail(1), b.commit) }()
			<-stalled
			cancel()
			got := <-done
			b.honest("cancel at "+at, 1, got, len(b.commits) == 1)
			if at == "dot" && got.Verdict != belfry.Lost {
				t.Errorf("got %+v, want that nobody knows", got)
			}
			if ok, _, why := b.carrier.Ready(b.clock.Now(), belfry.Transactional); !ok && at != "dot" {
				t.Errorf("the account is parked for what this side did: %s", why)
			}
		})
	}
}

// A caller who has no more time was kept waiting by the server: that parks the account, so that it is not asked for ever.
func TestCallerHasNoMoreTime(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"ehlo", "dot"} {
		b := newBench(t, "stall="+at+":1h")
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		got := b.carrier.Carry(ctx, mail(1), b.commit)
		cancel()
		b.honest("no more time at "+at, 1, got, len(b.commits) == 1)
		if ok, _, _ := b.carrier.Ready(b.clock.Now(), belfry.Urgent); ok {
			t.Errorf("%s: the account is ready at once", at)
		}
	}
}
