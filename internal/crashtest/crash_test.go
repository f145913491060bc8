package crashtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// A run is the world of TestCrash.
type run struct {
	dir       string
	rand      *rand.Rand
	ledger    *ledger
	writers   []*writer
	followers []*follower

	again, replays, audits, early int
}

func newRun(t *testing.T, seed uint64) *run {
	t.Helper()
	r := &run{dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger()}
	var people []*person
	for i := range uint64(5) {
		p := newPerson(fmt.Sprintf("person %d", i+1))
		people = append(people, p)
		r.followers = append(r.followers, newFollower(p, rand.New(rand.NewPCG(seed, 100+i))))
	}
	for i := range uint64(4) {
		name := string(rune('a' + i))
		r.writers = append(r.writers, &writer{name: name, people: people, ledger: r.ledger, rand: rand.New(rand.NewPCG(seed, 1+i))})
	}
	return r
}

func TestCrash(t *testing.T) {
	t.Parallel()
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	crashes := int(setting(t, "CRASHES", 20))
	t.Logf("%d crashes, CRASH_SEED=%d", crashes, seed)
	r := newRun(t, seed)
	for n := 0; n <= crashes && !t.Failed(); n++ {
		// Now and then it is killed while it starts, which is when it repairs what the last crash left.
		if n > 0 && n < crashes && r.rand.IntN(8) == 0 {
			p := launch(t, r.dir, nil)
			r.pause(t.Context(), time.Duration(r.rand.Int64N(int64(60*time.Millisecond))))
			p.kill(t)
			r.early++
			continue
		}
		r.round(t, n < crashes)
	}
	sends, acked := r.ledger.counts()
	resumed := 0
	for _, f := range r.followers {
		resumed += f.resumed
	}
	t.Logf("%d sends, %d answered; %d sent again, %d of them were there; %d streams resumed; %d kills at the start; %d audits",
		sends, acked, r.again, r.replays, resumed, r.early, r.audits)
	if acked < crashes || resumed < crashes {
		t.Errorf("the run was too quiet to show anything: %d answers, %d streams resumed", acked, resumed)
	}
}

// round is one life of the process: all that was promised is compared with what is there, then writers write until it is
// killed; the last one ends after the comparison.
func (r *run) round(t *testing.T, write bool) {
	t.Helper()
	p := serve(t, r.dir)
	ctx, cancel := context.WithCancel(t.Context())
	var streams sync.WaitGroup
	for _, f := range r.followers {
		streams.Go(func() { f.follow(ctx, p, 20) })
	}
	defer streams.Wait()
	defer cancel()
	r.audit(ctx, t, p)
	r.sendAgain(ctx, t, p)
	if !write || t.Failed() {
		r.audit(ctx, t, p)
		p.kill(t)
		return
	}
	var writing sync.WaitGroup
	for _, w := range r.writers {
		writing.Go(func() { w.run(ctx, t, p) })
	}
	r.awaitMoment(ctx, t)
	p.kill(t)
	writing.Wait()
}

// awaitMoment waits for the moment of the crash: after a random number of answers, and a random moment more.
func (r *run) awaitMoment(ctx context.Context, t *testing.T) {
	t.Helper()
	until := r.ledger.total() + r.rand.Int64N(120)
	stuck := time.After(patience)
	for r.ledger.total() < until {
		select {
		case <-r.ledger.heard:
		case <-stuck:
			t.Errorf("no %d answers in %v", until, patience)
			return
		}
	}
	r.pause(ctx, time.Duration(r.rand.Int64N(int64(5*time.Millisecond))))
}

// pause lets a random time pass: here it is not a way to wait for something, but the moment itself.
func (r *run) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (r *run) audit(ctx context.Context, t *testing.T, p *process) {
	t.Helper()
	r.audits++
	for _, f := range r.followers {
		box := f.inbox(ctx, t, p)
		if !f.waitFor(ctx, t, box.cursor, box.badge) {
			return
		}
		if faults := audit(r.ledger, f, box); len(faults) > 0 {
			t.Errorf("after crash %d, %d faults:\n%s\n%s", r.audits-1, len(faults), strings.Join(faults[:min(len(faults), 10)], "\n"), p.Output)
		}
	}
}

// sendAgain does what a client does with a send whose answer never came: it sends it again under the same key. What was
// stored before the crash is answered as it would have been, and nothing is there twice.
func (r *run) sendAgain(ctx context.Context, t *testing.T, p *process) {
	t.Helper()
	there := map[string]bool{}
	for _, f := range r.followers {
		for _, row := range f.inbox(ctx, t, p).rows {
			there[row.Title] = true
		}
	}
	for _, s := range r.ledger.open() {
		replayed, err := post(ctx, p, r.ledger, s)
		if err != nil {
			t.Fatalf("send %q again: %v\n%s", s.title, err, p.Output)
		}
		if replayed != there[s.title] {
			t.Errorf("%q was sent again: stored before %v, replayed %v", s.title, there[s.title], replayed)
		}
		r.again++
		if replayed {
			r.replays++
		}
	}
}
