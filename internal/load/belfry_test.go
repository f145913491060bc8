package load_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
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
	// Of each size: six broadcasts, the first to warm up, and 31 to one.
	if want := int64(6*10 + 31 + 6*20 + 31); r.Due != want || r.Delivered != want || len(r.Growth) != 2 || r.Growth[1].Streams != 20 {
		t.Errorf("got %+v, want %d delivered", r, want)
	}
}
