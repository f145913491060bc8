//go:build linux || darwin

package sqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// cpu returns what the process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure reports the processor time of each of n operations in a loop, which the clock does not tell where it waits
// for the disk.
func measure(b *testing.B, n int, loop func()) {
	b.Helper()
	b.ReportAllocs()
	before := cpu(b)
	b.ResetTimer()
	loop()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(n)/1000, "cpu-µs/op")
}

func benchSend(user string) *belfry.Send {
	return &belfry.Send{
		To: belfry.ToUser(user), Category: "order.assigned", Title: "Order 1138 is yours", Body: "Due on Friday.", URL: "/orders/1138",
		Data: []byte(`{"order":1138}`), Actor: &belfry.Actor{ID: "7", Name: "Ada"},
	}
}

func BenchmarkAccept(b *testing.B) {
	for _, senders := range []int{1, 8, 100} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			s := open(b)
			var next atomic.Int64
			measure(b, b.N, func() {
				var all sync.WaitGroup
				for range senders {
					all.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							accept(b, s, belfry.Accept{Send: benchSend(fmt.Sprint("user-", i%1000)), At: start.Add(time.Duration(i) * time.Millisecond)})
						}
					})
				}
				all.Wait()
			})
			stats := s.Stats()
			b.ReportMetric(float64(stats.Changes)/float64(stats.Transactions), "sends/sync")
		})
	}
	b.Run("bulk=100", func(b *testing.B) {
		s := open(b)
		sends := make([]belfry.Accept, 100)
		measure(b, b.N*len(sends), func() {
			for n := range b.N {
				for i := range sends {
					sends[i] = belfry.Accept{Send: benchSend(fmt.Sprint("user-", (n*len(sends)+i)%1000)), At: start.Add(time.Duration(n) * time.Millisecond)}
				}
				accept(b, s, sends...)
			}
		})
	})
}

func BenchmarkChangesHead(b *testing.B) {
	s := open(b)
	fill(b, s, "42", 1000)
	measure(b, b.N, func() {
		for range b.N {
			if _, err := s.Changes(b.Context(), "42", belfry.Cursor{}, 0, start); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkChangesOne(b *testing.B) {
	s := open(b)
	fill(b, s, "42", 1000)
	after := belfry.Cursor{Epoch: s.Epoch(), Seq: 999}
	measure(b, b.N, func() {
		for range b.N {
			if got, err := s.Changes(b.Context(), "42", after, 100, start); err != nil || len(got.Items) != 1 {
				b.Fatal(got, err)
			}
		}
	})
}

func BenchmarkMark(b *testing.B) {
	s := open(b)
	ids := fill(b, s, "42", 10_000)
	yes, no := true, false
	measure(b, b.N, func() {
		for i := range b.N {
			on := &yes
			if i/len(ids)%2 == 1 {
				on = &no
			}
			m := belfry.Mark{User: "42", Set: belfry.StateChange{Read: on}, IDs: ids[i%len(ids) : i%len(ids)+1], At: start}
			if got, err := s.Mark(b.Context(), m); err != nil || len(got.Changes) != 1 {
				b.Fatal(got, err)
			}
		}
	})
}

func BenchmarkList(b *testing.B) {
	s := open(b)
	const size = 100_000
	fill(b, s, "42", size)
	yes := true
	old := belfry.Position{Seq: size - 5}
	m := belfry.Mark{User: "42", Set: belfry.StateChange{Read: &yes}, All: true, UpTo: &old, Limit: 5000, At: start}
	for more := true; more; {
		got, err := s.Mark(b.Context(), m)
		if err != nil {
			b.Fatal(err)
		}
		more = got.More
	}
	for _, f := range []belfry.Filter{belfry.FilterInbox, belfry.FilterUnread, belfry.FilterArchived, belfry.FilterAll} {
		b.Run("filter="+string(f), func(b *testing.B) {
			q := belfry.ListQuery{User: "42", Filter: f, Limit: 20, Now: start}
			measure(b, b.N, func() {
				for range b.N {
					if _, err := s.List(b.Context(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// fill gives a person n notifications, and returns their ids.
func fill(tb testing.TB, s *sqlite.Store, user string, n int) (ids []belfry.ID) {
	tb.Helper()
	for len(ids) < n {
		sends := make([]belfry.Accept, min(1000, n-len(ids)))
		for i := range sends {
			sends[i] = belfry.Accept{Send: benchSend(user), At: start}
		}
		for _, a := range accept(tb, s, sends...) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func BenchmarkOpen(b *testing.B) {
	measure(b, b.N, func() {
		for range b.N {
			if err := open(b).Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
