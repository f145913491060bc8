package crashtest_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMove: a server's data goes from SQLite to PostgreSQL. The move is killed in the middle, ahead of the end of the server, and
// after it, and started again. Then nodes of the new database answer what the old server did, and whoever had a stream goes on
// with it: nothing is missing, nothing comes twice, nobody is told to load anew.
//
// MOVE_NOTIFICATIONS says how many there are beside those of the people who are watched.
func TestMove(t *testing.T) {
	t.Parallel()
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	count := int(setting(t, "MOVE_NOTIFICATIONS", 8000))
	t.Logf("%d notifications, CRASH_SEED=%d", count, seed)
	m := newRemoval(t, seed)
	old := serve(t, m.dir)
	m.fill(t, old, count)

	key := m.belfry(t, "key", "add", "bell", "--database-url", "sqlite:belfry.db")
	secret, err := key.Output()
	if err != nil {
		t.Fatal(err)
	}
	bell := strings.TrimSpace(string(secret))
	m.copyAhead(t, old, count)

	// Another life of the old server, in which nothing is written: it says what there is.
	old = serve(t, m.dir)
	before := m.watched(t, []*process{old}, bell)
	if _, err := m.moved(t); err == nil || !strings.Contains(err.Error(), "has it open") {
		t.Errorf("beside a server, the move ended with %v", err)
	}
	old.kill(t)
	m.notServed(t)
	file := m.file(t)

	for range 2 {
		m.interrupt(t, 1<<40, time.Duration(m.rand.Int64N(int64(400*time.Millisecond))))
	}
	done, err := m.moved(t)
	if err != nil || done.Rows < int64(count) {
		t.Fatalf("moved %+v, %v", done, err)
	}
	t.Logf("%d rows were compared, and %d of them written, in %.2f s", done.Rows, done.Written, done.Seconds)
	if again, err := m.moved(t); err != nil || again.Status != "equal" || again.Rows != done.Rows || again.Written != 0 {
		t.Errorf("compared again: %+v, %v", again, err)
	}

	m.watch(t)
	if m.file(t) != file {
		t.Error("the file, or the log that the killed server left beside it, was changed")
	}

	nodes := m.nodes(t)
	after := m.watched(t, nodes, bell)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("moved, it is answered otherwise (-before +after):\n%.3000s", diff)
	}
	m.goOn(t, nodes)
	if _, err := m.moved(t); err == nil || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("beside nodes of the new database, the move ended with %v", err)
	}
}

// copyAhead copies most of it while everybody writes, is killed in the middle twice, and then the server is.
func (m *removal) copyAhead(t *testing.T, old *process, count int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var streams, writing sync.WaitGroup
	for _, f := range m.followers {
		streams.Go(func() { f.follow(ctx, old, 20) })
	}
	defer streams.Wait()
	defer cancel()
	for _, f := range m.followers {
		f.begun(t)
	}
	for _, w := range m.writers {
		writing.Go(func() { w.run(ctx, t, old) })
	}
	for range 2 {
		m.interrupt(t, 1+m.rand.Int64N(int64(count/2)), patience, "--ahead")
	}
	done, err := m.moved(t, "--ahead")
	if err != nil || done.Status != "ahead" || done.Rows < int64(count) || done.Written == done.Rows {
		t.Errorf("ahead: %+v, %v", done, err)
	}
	t.Logf("ahead: %+v", done)
	m.awaitMoment(ctx, t)
	old.kill(t)
	writing.Wait()
}

// watched has everybody's streams come back to some process, compares them with the lists and the promises, and returns what
// the crowd is answered.
func (m *removal) watched(t *testing.T, nodes []*process, key string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var streams sync.WaitGroup
	defer streams.Wait()
	defer cancel()
	for i, f := range m.followers {
		streams.Go(func() { f.follow(ctx, nodes[i%len(nodes)], 20) })
	}
	m.audit(ctx, t, nodes[0])
	return m.snapshot(t, nodes[0], key)
}

// notServed: a node refuses what is not moved to its end, and says what to do.
func (m *removal) notServed(t *testing.T) {
	t.Helper()
	p := launch(t, m.dir, nil, "BELFRY_DATABASE_URL="+m.postgres.URL("postgres"))
	if code := p.Wait(t); code <= 0 || !strings.Contains(string(p.Output.Whole()), "run `belfry move` again") {
		t.Errorf("serving what is half moved: status %d\n%s", code, p.Output)
	}
}

func (m *removal) nodes(t *testing.T) []*process {
	t.Helper()
	var nodes []*process
	for range 2 {
		nodes = append(nodes, serve(t, m.dir, "BELFRY_DATABASE_URL="+m.postgres.URL("postgres"), "BELFRY_BUS_URL=postgres"))
	}
	return nodes
}

// goOn: work goes on, on whichever node. A send that the old server never answered is sent again under its key, and is there once.
func (m *removal) goOn(t *testing.T, nodes []*process) {
	t.Helper()
	h := &herd{ledger: m.ledger, rand: m.rand}
	for i := range h.nodes {
		h.nodes[i].Store(nodes[i%len(nodes)])
	}
	ctx, cancel := context.WithCancel(t.Context())
	var streams, writing sync.WaitGroup
	defer streams.Wait()
	defer cancel()
	for _, f := range m.followers {
		f.patient = true // for two logs that grow by two nodes, see advance
		streams.Go(func() { h.roam(ctx, f) })
	}
	m.sendAgain(ctx, t, nodes[0])
	work, rest := context.WithCancel(ctx)
	for i, w := range m.writers {
		again := &writer{name: w.name + " again", people: w.people, ledger: m.ledger, rand: rand.New(rand.NewPCG(1, uint64(i)))}
		writing.Go(func() { h.write(work, t, again) })
	}
	h.answers(t, 150)
	rest()
	writing.Wait()
	m.audit(ctx, t, nodes[1])
	cancel()
	streams.Wait()
	resumed := 0
	for _, f := range m.followers {
		resumed += f.resumed
	}
	sends, acked := m.ledger.counts()
	t.Logf("%d sends, %d answered; %d sent again, %d of them were there; %d streams resumed", sends, acked, m.again, m.replays, resumed)
	if acked < 150 || resumed < 3*len(m.followers) {
		t.Error("the run was too quiet to show anything")
	}
}
