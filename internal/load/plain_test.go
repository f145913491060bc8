package load_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/load"
)

// A plain is a server of topics that does what a test wants with every message.
type plain struct {
	mu      sync.Mutex
	streams map[string][]chan string
	spoil   func(n int, body string) []string // what becomes of the n-th message
	n       int
	quit    chan struct{}
}

func newPlain(t *testing.T, tls bool, spoil func(int, string) []string) load.Target {
	t.Helper()
	p := &plain{streams: map[string][]chan string{}, spoil: spoil, quit: make(chan struct{})}
	start := httptest.NewServer
	if tls {
		start = httptest.NewTLSServer
	}
	s := start(p)
	t.Cleanup(func() { close(p.quit); s.Close() })
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	target := load.Target{URL: u, Peer: load.Plain}
	if tls {
		target.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
	}
	return target
}

func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if topic, ok := strings.CutPrefix(r.URL.Path, "/p/"); ok {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.n++
		for _, m := range p.spoil(p.n, string(body)) {
			for _, c := range p.streams[topic] {
				c <- m
			}
		}
		return
	}
	topic, c := strings.TrimPrefix(r.URL.Path, "/s/"), make(chan string, 100)
	p.mu.Lock()
	p.streams[topic] = append(p.streams[topic], c)
	p.mu.Unlock()
	flush := http.NewResponseController(w)
	_ = flush.Flush() // a client that is gone ends the request
	for {
		select {
		case m := <-c:
			if m == "end" {
				panic(http.ErrAbortHandler)
			}
			_, _ = fmt.Fprintf(w, "data: %s\n\n", m)
			_ = flush.Flush()
		case <-r.Context().Done():
			return
		case <-p.quit:
			return
		}
	}
}

func options(mode load.Mode) load.Options {
	return load.Options{Mode: mode, Streams: 20, Messages: 30, Size: 300, Senders: 4, Rate: 4000, Quiet: 50 * time.Millisecond, Samples: 10, Rounds: 2, Patience: 20 * time.Second}
}

func whole(_ int, body string) []string { return []string{body} }

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		for mode, due := range map[load.Mode]int64{load.Idle: 0, load.Fanout: 620, load.Burst: 620, load.Unicast: 31} {
			t.Run(fmt.Sprint(mode, " over TLS ", tls), func(t *testing.T) {
				t.Parallel()
				r, err := load.Run(t.Context(), newPlain(t, tls, whole), options(mode))
				if err != nil || r.Sound() != nil {
					t.Fatalf("got %v, %v", err, r.Sound())
				}
				if r.Streams != 20 || r.Due != due || r.Delivered != due || (r.Latency == nil) != (mode == load.Idle) {
					t.Errorf("got %+v, want %d delivered", r, due)
				}
			})
		}
	}
}

// Each fault is found, and counted. The 3rd message is the 2nd that counts.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	var kept string
	for name, c := range map[string]struct {
		spoil func(int, string) []string
		want  load.Report
		says  string
	}{
		"lost": {func(n int, b string) []string {
			if n == 3 {
				return nil
			}
			return []string{b}
		}, load.Report{Lost: 20}, "20 lost"},
		"doubled": {func(n int, b string) []string {
			if n == 3 {
				return []string{b, b}
			}
			return []string{b}
		}, load.Report{Doubled: 20}, "20 doubled"},
		"out of order": {func(n int, b string) []string {
			switch n {
			case 3:
				kept = b
				return nil
			case 4:
				return []string{b, kept}
			}
			return []string{b}
		}, load.Report{Disordered: 20}, "20 out of order"},
		"never sent": {func(n int, b string) []string {
			if n == 3 {
				return []string{b, string(load.Payload(100, 70, 1))}
			}
			return []string{b}
		}, load.Report{Foreign: 20}, "20 never sent"},
		"for another": {func(n int, b string) []string {
			if n == 3 {
				return []string{b, string(load.Payload(100, 0, 1000))}
			}
			return []string{b}
		}, load.Report{Foreign: 20}, "20 never sent there"},
		"ended": {func(n int, b string) []string {
			if n == 3 {
				return []string{"end"}
			}
			return []string{b}
		}, load.Report{}, "ended by the server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(load.Burst)
			o.Senders, o.Patience = 1, 2*time.Second
			r, err := load.Run(t.Context(), newPlain(t, false, c.spoil), o)
			if name != "ended" && err != nil {
				t.Fatal(err)
			}
			if err := r.Sound(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q in it", err, c.says)
			}
			if name == "ended" {
				if r.Ended == 0 {
					t.Errorf("got %+v", r)
				}
				return
			}
			if r.Lost != c.want.Lost || r.Doubled != c.want.Doubled || r.Disordered != c.want.Disordered || r.Foreign != c.want.Foreign || r.Due != 31*20 {
				t.Errorf("got %+v, want %+v", r, c.want)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	target := newPlain(t, false, whole)
	for name, spoil := range map[string]func(*load.Target, *load.Options){
		"no server":         func(t *load.Target, _ *load.Options) { t.URL = nil },
		"no such peer":      func(t *load.Target, _ *load.Options) { t.Peer = "other" },
		"no key":            func(t *load.Target, _ *load.Options) { t.Peer = load.Belfry },
		"no bulk in plain":  func(_ *load.Target, o *load.Options) { o.Mode = load.Bulk },
		"no streams":        func(_ *load.Target, o *load.Options) { o.Streams = 0 },
		"no messages":       func(_ *load.Target, o *load.Options) { o.Messages = 0 },
		"too many senders":  func(_ *load.Target, o *load.Options) { o.Senders = 100 },
		"too large":         func(_ *load.Target, o *load.Options) { o.Size = 1 << 20 },
		"no rate":           func(_ *load.Target, o *load.Options) { o.Rate = 0 },
		"growth by itself":  func(_ *load.Target, o *load.Options) { o.Mode = load.Growth },
		"nobody listens":    func(t *load.Target, _ *load.Options) { t.URL = &url.URL{Scheme: "http", Host: "127.0.0.1:1"} },
		"resume of nothing": func(_ *load.Target, o *load.Options) { o.Mode = load.Resume },
	} {
		target, o := target, options(load.Fanout)
		spoil(&target, &o)
		if _, err := load.Run(t.Context(), target, o); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
