package load_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry/internal/load"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

const (
	apiKey    = "the-key-of-the-load"
	jwtSecret = "the secret of the load, 32 bytes long"
)

// start serves a Belfry in this process.
func start(t *testing.T) (load.Target, func() error) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{Store: store, Keys: []server.APIKey{{Name: "load", Secret: apiKey}}, JWT: server.JWT{Secret: []byte(jwtSecret)}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(srv)
	u, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := srv.Close(ctx)
		h.Close()
		if e := store.Close(); err == nil {
			err = e
		}
		return err
	}
	return load.Target{URL: u, Peer: load.Belfry, APIKey: apiKey, Token: token}, stop
}

func token(user string) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": user, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(jwtSecret))
}

// TestNodes: streams and sends are spread over all nodes. Two doors to one server are as good as two nodes to this.
func TestNodes(t *testing.T) {
	t.Parallel()
	target, stop := start(t)
	var streams, sends atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target.URL)
	proxy.FlushInterval = -1
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			streams.Add(1)
		} else {
			sends.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	defer other.Close()
	u, err := url.Parse(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	target.More = []*url.URL{u}
	o := load.Options{Mode: load.Unicast, Streams: 20, Messages: 99, Size: 100, Senders: 4, Rate: 1000, Patience: 20 * time.Second}
	report, err := load.Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Sound(); err != nil || report.Delivered != 100 {
		t.Errorf("got %+v, %v", report, err)
	}
	if streams.Load() != 10 || sends.Load() != 50 {
		t.Errorf("the second node had %d streams and %d sends, want half of 20 and of 100", streams.Load(), sends.Load())
	}
	o.Mode, o.Samples, o.Rounds = load.Resume, 1, 1
	if _, err := load.Run(t.Context(), target, o); err == nil || !strings.Contains(err.Error(), "one server") {
		t.Errorf("resume on two nodes: got %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestBelfry(t *testing.T) {
	t.Parallel()
	for mode, due := range map[load.Mode]int64{load.Idle: 0, load.Fanout: 620, load.Burst: 620, load.Unicast: 31, load.Bulk: 300 + 1} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			target, stop := start(t)
			o := options(mode)
			if mode == load.Bulk {
				o.Messages = 300
			}
			r, err := load.Run(t.Context(), target, o)
			if err != nil || r.Sound() != nil {
				t.Fatalf("got %v, %v", err, r.Sound())
			}
			if r.Streams != 20 || r.Due != due || r.Delivered != due {
				t.Errorf("got %+v, want %d delivered", r, due)
			}
			if runtime.GOOS == "linux" && (r.Cost == nil || r.Cost.ConnectCPU <= 0 || r.Cost.Resident <= 0) {
				t.Errorf("the server is process %d, and its cost %+v", os.Getpid(), r.Cost)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	target, stop := start(t)
	o := options(load.Resume)
	o.Messages = 20 * 21
	var phases atomic.Int64
	o.Progress = func(string, int64, int64) { phases.Add(1) }
	r, err := load.Run(t.Context(), target, o)
	if err != nil || r.Sound() != nil {
		t.Fatalf("got %v, %v", err, r.Sound())
	}
	if len(r.Resume) != 3 || r.Due != 2*10*(1+10+21) || r.Delivered != r.Due {
		t.Errorf("got %+v", r)
	}
	for _, p := range r.Resume {
		if len(p.Rounds) != 2 || p.Rounds[0].P99 <= 0 {
			t.Errorf("%s: got %+v", p.Name, p.Rounds)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestGrow(t *testing.T) {
	t.Parallel()
	r, err := load.Grow(t.Context(), func(context.Context) (load.Target, func() error, error) {
		target, stop := start(t)
		return target, stop, nil
	}, []int{10, 20}, options(load.Growth))
	if err != nil || r.Sound() != nil {
		t.Fatalf("got %v, %v", err, r.Sound())
	}
	// Of each size: 91 broadcasts, the first to warm up, and 31 to one.
	if want := int64(91*10 + 31 + 91*20 + 31); r.Due != want || r.Delivered != want || len(r.Growth) != 2 || r.Growth[1].Streams != 20 {
		t.Errorf("got %+v, want %d delivered", r, want)
	}
}
