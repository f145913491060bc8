//go:build unix

package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

// A sink is a ResponseWriter that keeps the status alone.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchServer is a server on a real file that logs nothing.
func benchServer(b *testing.B) (*server.Server, *sqlite.Store) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "belfry.db"))
	if err != nil {
		b.Fatal(err)
	}
	cfg := config(store)
	cfg.Limits.Off = true
	srv, err := server.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := srv.Close(context.Background()); err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return srv, store
}

// BenchmarkSendHTTP is a durable send over real connections, from the request to its answer. Those who ask are another
// process, so cpu-µs/op is the server's alone.
func BenchmarkSendHTTP(b *testing.B) {
	for _, askers := range []int{1, 8, 16} {
		b.Run("askers="+strconv.Itoa(askers), func(b *testing.B) {
			srv, store := benchServer(b)
			web := httptest.NewServer(srv)
			b.Cleanup(web.Close)
			child := exec.CommandContext(b.Context(), os.Args[0])
			child.Env = append(os.Environ(), loadVariable+"="+web.URL, loadSends+"="+strconv.Itoa(b.N), loadAskers+"="+strconv.Itoa(askers))
			before := cpu(b)
			b.ResetTimer()
			if out, err := child.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			stats := store.Stats()
			b.ReportMetric(float64(stats.Changes)/float64(stats.Transactions), "sends/sync")
		})
	}
}

// BenchmarkSend is a durable send without the network: from the request to the synced transaction and the ring, by 64
// askers at once.
func BenchmarkSend(b *testing.B) {
	srv, _ := benchServer(b)
	h := http.Header{"Authorization": {"Bearer " + appKey}, "Content-Type": {"application/json"}}
	var user atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		body := `{"to":"user-` + strconv.FormatInt(user.Add(1), 10) + `","category":"order.assigned","title":"Order 1138 is yours","body":"Due on Friday."}`
		for pb.Next() {
			r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/notifications/", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header = h
			w := &sink{header: make(http.Header, 16)}
			if srv.ServeHTTP(w, r); w.status != http.StatusCreated {
				b.Errorf("got status %d", w.status)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}
