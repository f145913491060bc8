package peers_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/peers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An air carries messages between links, each in a goroutine of its own, as a network does.
type air struct {
	mu    sync.Mutex
	links map[string]*link
	under sync.WaitGroup
}

// A link is one node's end.
type link struct {
	air    *air
	name   string
	fn     func(string, []byte)
	down   atomic.Bool // tells nothing, and says so
	frozen atomic.Bool // hears nothing, like a process that was stopped
}

func newAir() *air { return &air{links: map[string]*link{}} }

func (a *air) link(name string) *link { return &link{air: a, name: name} }

func (l *link) Node() string { return l.name }

func (l *link) Tell(to string, message []byte) error {
	if l.down.Load() {
		return errors.New("down")
	}
	if len(message) > belfry.MaxPeerMessage {
		return errors.New("too big")
	}
	message = bytes.Clone(message)
	l.air.mu.Lock()
	defer l.air.mu.Unlock()
	for name, other := range l.air.links {
		if other != l && (to == "" || to == name) && !other.frozen.Load() && !other.down.Load() {
			l.air.under.Go(func() { other.fn(l.name, message) })
		}
	}
	return nil
}

func (l *link) Hear(fn func(string, []byte)) (func(), error) {
	l.fn = fn
	l.air.mu.Lock()
	defer l.air.mu.Unlock()
	l.air.links[l.name] = l
	return func() {
		l.air.mu.Lock()
		defer l.air.mu.Unlock()
		delete(l.air.links, l.name)
	}, nil
}

// A member is a node with what it answers.
type member struct {
	*peers.Circle
	link  *link
	asked atomic.Int64
}

func join(t *testing.T, a *air, name, says string) *member {
	t.Helper()
	m := &member{link: a.link(name)}
	var err error
	m.Circle, err = peers.New(peers.Config{Link: m.link, Name: name, Version: "1", Streams: func() int64 { return 7 }})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(func(what string, body []byte) []byte {
		m.asked.Add(1)
		return []byte(name + " says " + says + " to " + what + " " + string(body))
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Close()
		a.under.Wait()
	})
	return m
}

// answers asks and returns the answers in order, and how long it took.
func (m *member) answers(t *testing.T) (texts []string, whole bool, took time.Duration) {
	t.Helper()
	begun := time.Now()
	got, whole := m.Ask(t.Context(), "what", []byte("body"))
	took = time.Since(begun)
	for _, b := range got {
		texts = append(texts, string(b))
	}
	slices.Sort(texts)
	return texts, whole, took
}

func want(t *testing.T, m *member, whole bool, took time.Duration, texts ...string) {
	t.Helper()
	gotTexts, gotWhole, gotTook := m.answers(t)
	if !slices.Equal(gotTexts, texts) || gotWhole != whole || gotTook != took {
		t.Errorf("got %.200q, whole %v after %v; want %.200q, %v after %v", gotTexts, gotWhole, gotTook, texts, whole, took)
	}
}

// TestAsk: a question ends as soon as all have answered, whatever the length of their answers.
func TestAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		long := strings.Repeat("long ", 20_000)
		one := join(t, a, "one", "hi")
		want(t, one, true, 0) // alone
		two, three := join(t, a, "two", long), join(t, a, "three", "")
		synctest.Wait()
		for _, m := range []*member{one, two, three} {
			if got := m.Others(); got != 2 {
				t.Errorf("%s knows %d others, want 2", m.Name, got)
			}
		}
		want(t, one, true, 0, "three says  to what body", "two says "+long+" to what body")
		want(t, two, true, 0, "one says hi to what body", "three says  to what body")
		if got, want := one.Stats(), (peers.Stats{Nodes: 3, Streams: 21, Asked: 2}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// TestGoodbye: who has said goodbye is not waited for, and not missed.
func TestGoodbye(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		one, two := join(t, a, "one", "hi"), join(t, a, "two", "hi")
		synctest.Wait()
		two.Close()
		two.Close()
		synctest.Wait()
		want(t, one, true, 0)
		if got := one.Others(); got != 0 {
			t.Errorf("it knows %d others", got)
		}
	})
}

// TestGoodbyeWhileAsked: a node that goes while it is asked ends the wait for it.
func TestGoodbyeWhileAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		one, two := join(t, a, "one", "hi"), join(t, a, "two", "hi")
		synctest.Wait()
		two.link.frozen.Store(true)
		go func() {
			<-time.After(100 * time.Millisecond)
			two.Close()
		}()
		want(t, one, true, 100*time.Millisecond)
	})
}

// TestHung: a node that hangs costs one wait, and each answer says that it is not whole, until it is heard again; one that has
// died is missed for two minutes.
func TestHung(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		one, two := join(t, a, "one", "hi"), join(t, a, "two", "hi")
		three := join(t, a, "three", "hi")
		synctest.Wait()
		two.link.frozen.Store(true)
		want(t, one, false, 250*time.Millisecond, "three says hi to what body")
		want(t, one, false, 0, "three says hi to what body")
		want(t, three, false, 250*time.Millisecond, "one says hi to what body")
		<-time.After(3 * time.Second) // it still announces itself: perhaps it hears again
		synctest.Wait()
		want(t, one, false, 250*time.Millisecond, "three says hi to what body")
		two.link.frozen.Store(false)
		<-time.After(3 * time.Second)
		synctest.Wait()
		want(t, one, true, 0, "three says hi to what body", "two says hi to what body")
		if got := one.Stats(); got.Late != 2 || got.Asked != 4 {
			t.Errorf("got %+v", got)
		}
		two.link.down.Store(true) // as if it had died
		want(t, one, false, 250*time.Millisecond, "three says hi to what body")
		<-time.After(15 * time.Second)
		synctest.Wait()
		want(t, one, false, 0, "three says hi to what body")
		if got := one.Stats(); got.Missing != 1 || got.Nodes != 2 || one.Others() != 1 {
			t.Errorf("got %+v", got)
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		want(t, one, true, 0, "three says hi to what body")
		two.link.down.Store(false) // it was cut off
		<-time.After(3 * time.Second)
		synctest.Wait()
		want(t, one, true, 0, "three says hi to what body", "two says hi to what body")
	})
}

// TestCutOff: a node that cannot ask says so at once, with nobody to wait for as with others that it knows.
func TestCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAir()
		one := a.link("one")
		one.down.Store(true)
		early := &member{link: one}
		var err error
		if early.Circle, err = peers.New(peers.Config{Link: one, Name: "one"}); err != nil {
			t.Fatal(err)
		}
		if err := early.Start(func(string, []byte) []byte { return nil }); err != nil {
			t.Fatal(err)
		}
		defer early.Close()
		want(t, early, false, 0)
		join(t, a, "two", "hi")
		one.down.Store(false)
		<-time.After(3 * time.Second)
		synctest.Wait()
		want(t, early, true, 0, "two says hi to what body")
		one.down.Store(true)
		want(t, early, false, 0)
	})
}

// TestMany: questions at the same time get their own answers.
func TestMany(t *testing.T) {
	t.Parallel()
	a := newAir()
	one := join(t, a, "one", "hi")
	join(t, a, "two", strings.Repeat("x", 10_000))
	a.under.Wait()
	var asking sync.WaitGroup
	for i := range 50 {
		asking.Go(func() {
			body := string(rune('A' + i))
			got, whole := one.Ask(t.Context(), "what", []byte(body))
			if whole && (len(got) != 1 || !strings.HasSuffix(string(got[0]), "to what "+body)) {
				t.Errorf("question %d: got %d answers", i, len(got))
			}
		})
	}
	asking.Wait()
}

// FuzzHear: whatever arrives from another node is taken or passed over.
func FuzzHear(f *testing.F) {
	for _, s := range []string{
		`{"kind":"here","name":"x","reply":true}`, `{"kind":"ask","id":1,"what":"w","body":"AA=="}`, `{"kind":"gone"}`,
		`{"kind":"answer","id":1,"part":0,"parts":2}`, `{"kind":"answer","id":1,"part":-1,"parts":9999999}`, `x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a := newAir()
		c, err := peers.New(peers.Config{Link: a.link("one"), Name: "one"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(func(string, []byte) []byte { return nil }); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		stranger := a.link("two")
		if len(b) <= belfry.MaxPeerMessage {
			if err := stranger.Tell("", b); err != nil {
				t.Fatal(err)
			}
		}
		a.under.Wait()
	})
}
