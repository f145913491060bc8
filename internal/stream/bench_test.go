package stream_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// A sink is a ResponseWriter that counts flushes and keeps nothing.
type sink struct {
	io.Writer
	header  http.Header
	flushes *atomic.Int64
	flushed chan struct{}
	want    *atomic.Int64
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}

func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func (s *sink) FlushError() error {
	if s.flushes.Add(1) == s.want.Load() {
		s.flushed <- struct{}{}
	}
	return nil
}

// bench opens streams into nothing; the returned function waits until every one has been flushed once more.
func bench(b *testing.B, n *node, streams int, user func(int) string) (next func(flushes int)) {
	b.Helper()
	var flushes, want atomic.Int64
	flushed := make(chan struct{}, 1)
	want.Store(int64(streams))
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(cancel)
	for i := range streams {
		s := &sink{Writer: io.Discard, header: http.Header{}, flushes: &flushes, flushed: flushed, want: &want}
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
		go func() {
			if err := n.hub.Serve(s, r, stream.Request{User: user(i)}); err != nil {
				b.Error(err)
			}
		}()
	}
	<-flushed
	return func(k int) {
		if k > 0 {
			want.Add(int64(k))
			return
		}
		<-flushed
	}
}

func entry(kind belfry.ChangeKind) belfry.Notification {
	at := now()
	return belfry.Notification{
		ID: belfry.NewID(at, 1, 1), Category: "order.assigned", Title: "Order 1138 is yours", Body: "Due on Friday.", URL: "/orders/1138",
		Data: []byte(`{"order":1138}`), CreatedAt: at, Priority: belfry.Priority(kind) - 1,
	}
}

// BenchmarkFanOut is one broadcast to a thousand streams: ns/op for all of them.
func BenchmarkFanOut(b *testing.B) {
	n := start(b)
	next := bench(b, n, 1000, func(i int) string { return fmt.Sprint("user", i) })
	note := entry(belfry.Created)
	b.ReportAllocs()
	seq := int64(0)
	for b.Loop() {
		seq++
		next(1000)
		n.ring([]belfry.Ring{{
			Change: belfry.Change{Kind: belfry.Created, Broadcast: seq, Notification: note}, Shared: belfry.Counts{Unread: seq, Unseen: seq},
		}})
		next(0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/delivery")
}

// BenchmarkUnicast is one notification to one of a thousand connected people, until it is flushed.
func BenchmarkUnicast(b *testing.B) {
	n := start(b)
	next := bench(b, n, 1000, func(i int) string { return fmt.Sprint("user", i) })
	note := entry(belfry.Created)
	seqs := make([]int64, 1000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 1) % len(seqs)
		seqs[i]++
		next(1)
		n.ring([]belfry.Ring{{
			User: fmt.Sprint("user", i), Change: belfry.Change{Kind: belfry.Created, Seq: seqs[i], Notification: note},
			Own: belfry.Counts{Unread: seqs[i], Unseen: seqs[i]},
		}})
		next(0)
	}
}

// BenchmarkNobodyListens is a ring for a person without a stream.
func BenchmarkNobodyListens(b *testing.B) {
	n := start(b)
	rings := []belfry.Ring{{User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 1, Notification: entry(belfry.Created)}}}
	b.ReportAllocs()
	for b.Loop() {
		n.ring(rings)
	}
}

// BenchmarkJoin is a stream from its request to its first flush, and its end.
func BenchmarkJoin(b *testing.B) {
	n := start(b)
	var flushes, want atomic.Int64
	flushed := make(chan struct{}, 1)
	b.ReportAllocs()
	for b.Loop() {
		want.Add(1)
		ctx, cancel := context.WithCancel(b.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s := &sink{Writer: io.Discard, header: http.Header{}, flushes: &flushes, flushed: flushed, want: &want}
			if err := n.hub.Serve(s, r, stream.Request{User: "ada"}); err != nil {
				b.Error(err)
			}
		}()
		<-flushed
		cancel()
		<-done
	}
}
