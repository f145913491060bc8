package crashtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A cutOff is the world of TestClusterCutOff.
type cutOff struct {
	*herd
	wire    *wire
	mail    *mailRun
	people  []*person
	all     []*follower
	staying []*follower // with the node that is cut off
}

// TestClusterCutOff cuts one node off from the database, NATS and the mail server, by a network in which packets vanish, and then from
// its clients too. It keeps its streams, says that it is not ready, and recovers by itself; others carry on, also with its mail.
func TestClusterCutOff(t *testing.T) {
	t.Parallel()
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	t.Logf("CRASH_SEED=%d", seed)
	w := newCutOff(t, seed)
	ctx, cancel := context.WithCancel(t.Context())
	var following, writing sync.WaitGroup
	defer func() { // also after a failure
		cancel()
		writing.Wait()
		following.Wait()
	}()
	w.follow(ctx, t, &following, seed)
	work, rest := context.WithCancel(ctx)
	for i, nodes := range [][]int{{1, 2}, {1, 2}, {0}} {
		wr := &writer{name: string(rune('a' + i)), people: w.people, ledger: w.ledger, rand: rand.New(rand.NewPCG(seed, uint64(1+i))), nodes: nodes}
		writing.Go(func() { w.write(work, t, wr) })
	}
	w.answers(t, 100)
	w.cutBack(t)
	w.cutBoth(t)
	rest()
	writing.Wait()
	for _, f := range w.all {
		box := f.inbox(ctx, t, w.any(w.rand))
		if !f.waitFor(ctx, t, box.cursor, box.badge) {
			continue
		}
		if faults := audit(w.ledger, f, box); len(faults) > 0 {
			t.Errorf("%d faults:\n%s", len(faults), strings.Join(faults[:min(len(faults), 10)], "\n"))
		}
	}
	for _, f := range w.staying {
		if f.resumed > 0 {
			t.Errorf("%s: the stream on the node that was cut off ended %d times", f.id, f.resumed)
		}
	}
	cancel()
	following.Wait()
	twice, ambiguous := w.deliver(t, w.mail)
	sends, acked := w.ledger.counts()
	t.Logf("%d sends, %d answered; %d mails, %d came twice, %d ambiguous", sends, acked, len(w.mail.fake.Messages()), twice, ambiguous)
	if t.Failed() {
		t.Logf("the nodes say:\n%s", w.say())
	}
}

func newCutOff(t *testing.T, seed uint64) *cutOff {
	t.Helper()
	w := &cutOff{wire: newWire(t)}
	w.herd = newGround(t, seed, w.wire.back.hostAddr, true)
	if err := w.postgres.Admit("198.18.0.0/15"); err != nil {
		t.Fatal(err)
	}
	w.within, w.own = w.wire.within(), []string{"BELFRY_ADDR=" + w.wire.front.own + ":0"}
	w.mail = w.withMail(t, seed, "stall=dot:300ms") // so that there is a while in which a mail is accepted and not answered
	w.open(t)
	return w
}

// follow gives each person a stream that stays on the node that will be cut off, and one that roams.
func (w *cutOff) follow(ctx context.Context, t *testing.T, following *sync.WaitGroup, seed uint64) {
	t.Helper()
	for i := range uint64(3) {
		p := newPerson(fmt.Sprintf("person %d", i+1))
		stays, roams := newFollower(p, rand.New(rand.NewPCG(seed, 100+2*i))), newFollower(p, rand.New(rand.NewPCG(seed, 101+2*i)))
		stays.patient, roams.patient = true, true
		w.people, w.staying, w.all = append(w.people, p), append(w.staying, stays), append(w.all, stays, roams)
		following.Go(func() { stays.follow(ctx, w.nodes[0].Load(), 1<<30) })
		following.Go(func() { w.roam(ctx, roams) })
		stays.begun(t)
		roams.begun(t)
	}
}

// cutBack cuts the node off from all that it stands on, while mail of its is under way.
func (w *cutOff) cutBack(t *testing.T) {
	t.Helper()
	node := w.nodes[0].Load()
	cut := make(chan struct{})
	w.mail.trap.Store(&trap{at: "** ", left: 2, kill: func() {
		w.wire.back.cut(t)
		close(cut)
	}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w.mail.write(ctx, t, node, "held")
	select {
	case <-cut:
	case <-ctx.Done():
		t.Fatalf("no mail was under way:\n%s", w.mail.fake.Dialogue())
	}
	began := time.Now()
	node.says(t, http.StatusServiceUnavailable, "")
	noticed := time.Since(began)
	w.answers(t, 60) // of the others
	t.Logf("not ready %v after the cut; 60 answers of the others %v after it", noticed, time.Since(began))
	// Whoever is alive when the lease is over takes over; a mail of its own has it look.
	w.passTime(t)
	w.mail.write(t.Context(), t, w.nodes[1].Load(), "others")
	w.wire.back.mend(t)
	began = time.Now()
	node.says(t, http.StatusOK, `{"status":"ready"}`)
	t.Logf("ready %v after the mend", time.Since(began))
	w.answers(t, 60)
}

// cutBoth cuts the node off from its clients too.
func (w *cutOff) cutBoth(t *testing.T) {
	t.Helper()
	w.wire.back.cut(t)
	w.wire.front.cut(t)
	w.answers(t, 200)
	w.wire.back.mend(t)
	w.wire.front.mend(t)
	w.nodes[0].Load().says(t, http.StatusOK, `{"status":"ready"}`)
	w.answers(t, 60)
}
