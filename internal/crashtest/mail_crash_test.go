package crashtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// A mailRun is the world of TestMailCrash.
type mailRun struct {
	dir      string
	rand     *rand.Rand
	fake     *fakegmail.Server
	settings []string
	trap     atomic.Pointer[trap]

	mu    sync.Mutex
	acked map[string]string // notification to category
	sends int
}

// A trap kills the process at a moment of the dialogue, from within it: the server's next word is not said yet.
type trap struct {
	at   string // how an event begins
	left int    // how often it may pass
	kill func()
}

// moments are the words of a dialogue at which a process may be killed. At "** " a mail was accepted and its 250 is not
// said; at "S: 250 2.0.0" it is being said.
func moments() []string {
	return []string{"-- open", "C: EHLO", "C: STARTTLS", "C: AUTH", "S: 235", "C: MAIL", "C: RCPT", "C: BDAT", "** ", "** ", "** ", "S: 250 2.0.0", "S: 250 2.0.0"}
}

func (r *mailRun) watch(e fakegmail.Event) {
	t := r.trap.Load()
	if t == nil {
		return
	}
	if _, text, _ := strings.Cut(e.String(), "] "); !strings.HasPrefix(text, t.at) {
		return
	}
	if t.left--; t.left < 0 && r.trap.CompareAndSwap(t, nil) {
		t.kill()
	}
}

// TestMailCrash kills the program in the middle of its dialogues, MAIL_CRASHES times (10), by MAIL_SEED.
func TestMailCrash(t *testing.T) {
	t.Parallel()
	seed := setting(t, "MAIL_SEED", uint64(time.Now().UnixNano()))
	crashes := int(setting(t, "MAIL_CRASHES", 10))
	t.Logf("%d crashes, MAIL_SEED=%d", crashes, seed)
	r := &mailRun{dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 0)), acked: map[string]string{}}
	// The 250 comes a moment after the mail was accepted, so that a kill may come between.
	r.fake, r.settings = fakeMail(t, r.dir, fakegmail.Options{Scenario: fakegmail.MustScenario("stall=dot:5ms"), Watch: r.watch})
	categories(t, r.dir, "once: {email: {policy: at_most_once}}\n")
	at := map[string]int{}
	for n := 0; n < crashes && !t.Failed(); n++ {
		at[r.life(t, n, func() *process { return serve(t, r.dir, r.settings...) })]++
	}
	p := serve(t, r.dir, r.settings...)
	p.until(t, "the queue is empty", func() (bool, string) { return r.empty(t, p) })
	twice, ambiguous := r.audit(t, p)
	t.Logf("%d sends, %d answered; %d mails on %d connections, %d came twice, %d ambiguous; killed at %v",
		r.sends, len(r.acked), len(r.fake.Messages()), r.fake.Connections(), twice, ambiguous, at)
	if len(r.acked) < 2*crashes {
		t.Errorf("the run was too quiet to show anything: %d answers", len(r.acked))
	}
}

// life is one life of a process: writers send a few mails each, and somewhere in their delivery it is killed.
func (r *mailRun) life(t *testing.T, n int, start func() *process) (at string) {
	t.Helper()
	words := moments()
	tr := &trap{at: words[r.rand.IntN(len(words))], left: r.rand.IntN(8)}
	if strings.HasPrefix(tr.at, "--") || strings.Contains("C: EHLO C: STARTTLS C: AUTH S: 235", tr.at) {
		tr.left = 0 // these come once in a life
	}
	var p *process
	started, killed := make(chan struct{}), make(chan struct{})
	tr.kill = func() {
		<-started
		_ = p.Cmd.Process.Kill() // that it is gone is waited for
		close(killed)
	}
	r.trap.Store(tr) // before it starts: it may have mail to send at once
	p = start()
	close(started)
	var writing sync.WaitGroup
	for w := range 2 {
		writing.Go(func() { r.write(t.Context(), t, p, fmt.Sprintf("%d-%d", n, w)) })
	}
	select {
	case <-killed:
	case <-time.After(patience):
		t.Errorf("%q did not come %d times in %v:\n%s\n%s", tr.at, tr.left, patience, p.Output, r.fake.Dialogue())
	}
	r.trap.Store(nil)
	p.kill(t)
	writing.Wait()
	return tr.at
}

// write sends until it has sent enough, or the process is gone.
func (r *mailRun) write(ctx context.Context, t *testing.T, p *process, name string) {
	for i := range 12 {
		category := []string{"order", "once"}[i%2]
		r.mu.Lock()
		r.sends++
		r.mu.Unlock()
		id, err := p.tryMailTo(ctx, category, fmt.Sprintf("mail %s-%d", name, i), nil)
		if bad, ok := errors.AsType[*refused](err); ok {
			t.Errorf("%v\n%s", bad, p.Output)
		}
		if err != nil {
			return
		}
		r.mu.Lock()
		r.acked[id] = category
		r.mu.Unlock()
	}
}

// audit compares what was promised with what came to the server.
func (r *mailRun) audit(t *testing.T, p *process) (twice, ambiguous int) {
	t.Helper()
	copies := map[string][]fakegmail.Message{}
	for _, m := range r.fake.Messages() {
		id := strings.Trim(m.MessageID, "<>") // the log has it without
		copies[id] = append(copies[id], m)
	}
	known := map[string]bool{}
	acked := 0
	for _, d := range p.deliveries(t, "") {
		known[d.MessageID] = true
		category, promised := r.acked[d.NotificationID]
		if promised {
			acked++
		}
		n := len(copies[d.MessageID])
		switch d.State {
		case "sent":
			if last := d.Attempts[len(d.Attempts)-1]; last.Code != 250 || last.Text == "" || last.Stage != "dot" || n == 0 {
				t.Errorf("%s is sent, %d came; its last attempt: %+v", d.ID, n, last)
			}
		case "ambiguous":
			ambiguous++
			if promised && category != "once" {
				t.Errorf("%s (%s) was left ambiguous: %s", d.ID, category, d.Reason)
			}
		default:
			t.Errorf("%s (%s) is %s: %s", d.ID, category, d.State, d.Reason)
		}
		if n > 1 {
			twice++
			if category == "once" || !strings.Contains(d.Reason, "may have arrived twice") {
				t.Errorf("%s (%s) came %d times; %s: %s", d.ID, category, n, d.State, d.Reason)
			}
		}
		r.sameBytes(t, p, d, copies[d.MessageID])
	}
	if acked != len(r.acked) {
		t.Errorf("%d of %d that were acknowledged are in the log", acked, len(r.acked))
	}
	for id, m := range copies {
		if !known[id] {
			t.Errorf("a mail came that nobody knows: %s, %d times:\n%s", id, len(m), m[0].Data)
		}
	}
	return twice, ambiguous
}

// sameBytes: every copy is what is stored, whole.
func (r *mailRun) sameBytes(t *testing.T, p *process, d delivery, copies []fakegmail.Message) {
	t.Helper()
	if len(copies) == 0 {
		return
	}
	status, stored, err := p.call(t.Context(), http.MethodGet, "/api/v1/deliveries/"+d.ID+"/message/", apiKey, nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("read the mail %s: %d %v", d.ID, status, err)
	}
	for _, m := range copies {
		if !bytes.Equal(m.Data, stored) {
			t.Errorf("%s: copy %d has %d bytes and differs from the %d stored:\n%s\n\n%s", d.ID, m.Number, len(m.Data), len(stored), m.Data, stored)
		}
	}
}
