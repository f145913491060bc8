package conformance_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/conformance"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

const (
	apiKey = "bf_conformance-0123456789abcdef"
	secret = "a secret of more than thirty-two bytes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves a store on a listener of its own, and returns where. Everything ends with the test.
func start(t *testing.T, store belfry.Store) conformance.Target {
	t.Helper()
	return startWith(t, store, false, func(h http.Handler) http.Handler { return h })
}

// startWith puts something before the server, which sees the streams only when they are portable.
func startWith(t *testing.T, store belfry.Store, portable bool, before func(http.Handler) http.Handler) conformance.Target {
	t.Helper()
	s, err := server.New(server.Config{
		Store: store, Keys: []server.APIKey{{Name: "conformance", Secret: apiKey}}, JWT: server.JWT{Secret: []byte(secret)},
		Heartbeat: time.Second, Logger: slog.New(slog.DiscardHandler), PortableStreams: portable,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := &http.Server{Handler: before(s), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- front.Serve(s.Listener(l)) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // the test's own is over by now
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close server: %v", err)
		}
		if err := front.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	h := conformance.Client()
	t.Cleanup(h.CloseIdleConnections)
	return conformance.Target{URL: "http://" + l.Addr().String(), APIKey: apiKey, JWTSecret: secret, HTTP: h}
}

func open(t *testing.T) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return store
}

func try(t *testing.T, c conformance.Case, target conformance.Target) {
	t.Helper()
	switch r := c.Try(t.Context(), target); r.Outcome {
	case conformance.Passed:
	case conformance.NotRun:
		t.Errorf("not run: %s", r.Detail) // our own server can show everything
	default:
		t.Error(r.Detail)
	}
}

// Both transports pass the whole suite.
func TestConformance(t *testing.T) {
	t.Parallel()
	for transport, portable := range map[string]bool{"parked": false, "portable": true} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			conform(t, startWith(t, open(t), portable, func(h http.Handler) http.Handler { return h }))
		})
	}
}

func conform(t *testing.T, target conformance.Target) {
	t.Helper()
	t.Run("together", func(t *testing.T) {
		for _, c := range conformance.Cases() {
			if !c.Alone {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					try(t, c, target)
				})
			}
		}
	})
	for _, c := range conformance.Cases() {
		if c.Alone {
			t.Run("alone/"+c.Name, func(t *testing.T) { try(t, c, target) })
		}
	}
}

func TestCasesAreManyAndTheirNamesUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range conformance.Cases() {
		if seen[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		seen[c.Name] = true
	}
	if want, got := 150, len(seen); got < want {
		t.Errorf("cases: want at least %d, got %d", want, got)
	}
}
