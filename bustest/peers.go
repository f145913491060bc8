package bustest

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// RunPeers tests that a bus is a [belfry.Peers] too. Each call of open makes a new one: its nodes, which the suite closes.
func RunPeers(t *testing.T, open func(t *testing.T) []belfry.Bus) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, []belfry.Bus){
		"each node has a name of its own":       testNames,
		"all others are told":                   testTellAll,
		"one is told":                           testTellOne,
		"a message arrives whole, up to a size": testMessage,
		"an answer from within":                 testAnswer,
		"a stopped ear hears no more":           testDeaf,
		"a closed node neither tells nor hears": testPeerClosed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := open(t)
			t.Cleanup(func() {
				for _, b := range nodes {
					if err := b.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				}
			})
			test(t, nodes)
		})
	}
}

// A word is what an ear for messages heard.
type word struct{ from, text string }

func peer(t *testing.T, b belfry.Bus) belfry.Peers {
	t.Helper()
	p, ok := b.(belfry.Peers)
	if !ok {
		t.Fatalf("%T is no belfry.Peers", b)
	}
	return p
}

func overhear(t *testing.T, b belfry.Bus) (heard chan word, stop func()) {
	t.Helper()
	heard = make(chan word, 1000)
	stop, err := peer(t, b).Hear(func(from string, message []byte) { heard <- word{from, string(message)} })
	if err != nil {
		t.Fatalf("hear: %v", err)
	}
	return heard, stop
}

func tell(t *testing.T, b belfry.Bus, to, text string) {
	t.Helper()
	if err := peer(t, b).Tell(to, []byte(text)); err != nil {
		t.Fatalf("tell: %v", err)
	}
}

func wantWord(t *testing.T, heard <-chan word, want word) {
	t.Helper()
	select {
	case got := <-heard:
		if got != want {
			t.Fatalf("heard %.80q from %q, want %.80q from %q", got.text, got.from, want.text, want.from)
		}
	case <-time.After(patience):
		t.Fatalf("%.80q did not arrive", want.text)
	}
}

func testNames(t *testing.T, nodes []belfry.Bus) {
	seen := map[string]bool{}
	for _, b := range nodes {
		name := peer(t, b).Node()
		if name == "" || seen[name] {
			t.Errorf("the name %q is empty or taken", name)
		}
		seen[name] = true
	}
}

func testTellAll(t *testing.T, nodes []belfry.Bus) {
	ears := make([]chan word, len(nodes))
	for i, b := range nodes {
		ears[i], _ = overhear(t, b)
	}
	for i, b := range nodes {
		tell(t, b, "", string(rune('a'+i)))
		for j := range nodes {
			if j != i {
				wantWord(t, ears[j], word{peer(t, b).Node(), string(rune('a' + i))})
			}
		}
	}
	for i, ear := range ears { // each has heard the others, and nobody themselves
		if n := len(ear); n != 0 {
			t.Errorf("node %d heard %d more: %v", i, n, <-ear)
		}
	}
}

func testTellOne(t *testing.T, nodes []belfry.Bus) {
	last := len(nodes) - 1
	ears := make([]chan word, len(nodes))
	for i, b := range nodes {
		ears[i], _ = overhear(t, b)
	}
	me := peer(t, nodes[0]).Node()
	tell(t, nodes[0], peer(t, nodes[last]).Node(), "you")
	tell(t, nodes[0], "nobody", "who?")
	tell(t, nodes[0], "", "all")
	for i := 1; i < len(nodes); i++ {
		want := map[word]bool{{me, "all"}: true}
		if i == last {
			want[word{me, "you"}] = true
		}
		for range len(want) { // in any order
			select {
			case got := <-ears[i]:
				if !want[got] {
					t.Errorf("node %d heard %q", i, got.text)
				}
				delete(want, got)
			case <-time.After(patience):
				t.Fatalf("node %d did not hear %v", i, want)
			}
		}
	}
}

func testMessage(t *testing.T, nodes []belfry.Bus) {
	heard, _ := overhear(t, nodes[len(nodes)-1])
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	me := peer(t, nodes[0])
	for _, text := range []string{"", string(all), string(bytes.Repeat(all, belfry.MaxPeerMessage/len(all)))} {
		tell(t, nodes[0], "", text)
		if len(nodes) > 1 {
			wantWord(t, heard, word{me.Node(), text})
		}
	}
	if err := me.Tell("", make([]byte, belfry.MaxPeerMessage+1)); err == nil {
		t.Error("a message that is too big is told")
	}
}

func testAnswer(t *testing.T, nodes []belfry.Bus) {
	heard, _ := overhear(t, nodes[0])
	for _, b := range nodes[1:] {
		p := peer(t, b)
		if _, err := p.Hear(func(from string, message []byte) {
			if err := p.Tell(from, append(message, '!')); err != nil {
				t.Errorf("tell from within: %v", err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	tell(t, nodes[0], "", "hello")
	from := map[string]bool{}
	for range nodes[1:] {
		select {
		case got := <-heard:
			if got.text != "hello!" {
				t.Errorf("heard %q", got.text)
			}
			from[got.from] = true
		case <-time.After(patience):
			t.Fatal("an answer did not arrive")
		}
	}
	if len(from) != len(nodes)-1 {
		t.Errorf("%d of %d nodes have answered", len(from), len(nodes)-1)
	}
}

func testDeaf(t *testing.T, nodes []belfry.Bus) {
	last := nodes[len(nodes)-1]
	var stopped atomic.Bool
	stop, err := peer(t, last).Hear(func(string, []byte) {
		if stopped.Load() {
			t.Error("called after stop")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := overhear(t, last)
	me := peer(t, nodes[0]).Node()
	tell(t, nodes[0], "", "one")
	if len(nodes) > 1 {
		wantWord(t, other, word{me, "one"})
	}
	stop()
	stopped.Store(true)
	tell(t, nodes[0], "", "two")
	if len(nodes) > 1 {
		wantWord(t, other, word{me, "two"})
	}
	stop() // does nothing
}

func testPeerClosed(t *testing.T, nodes []belfry.Bus) {
	if err := nodes[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := peer(t, nodes[0]).Tell("", []byte("x")); err == nil {
		t.Error("a closed node tells")
	}
	if _, err := peer(t, nodes[0]).Hear(func(string, []byte) {}); err == nil {
		t.Error("a closed node hears")
	}
}
