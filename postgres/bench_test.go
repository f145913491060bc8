package postgres_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
)

// BenchmarkAccept measures durable sends in bulk: calls of 500 sends to one person each, from four callers at once, on a
// server that syncs.
func BenchmarkAccept(b *testing.B) {
	server := pgtest.Start(b, "fsync=on", "full_page_writes=on", "max_wal_size=4GB")
	const each = 500
	s := openURL(b, server.URL("postgres"))
	var n atomic.Int64
	b.SetParallelism(2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			accepts := make([]belfry.Accept, each)
			for i := range accepts {
				accepts[i] = send(belfry.ToUser(fmt.Sprint("user-", n.Add(1)%5000)), "Order 1138 is yours")
				accepts[i].Send.Body, accepts[i].Send.URL = "Due on Friday.", "/orders/1138"
			}
			if _, err := s.Accept(b.Context(), accepts); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)*each/b.Elapsed().Seconds(), "sends/s")
}

// BenchmarkTakeIn measures how fast one node takes in what apps left: sends to one person each, on a server that syncs.
func BenchmarkTakeIn(b *testing.B) {
	server := pgtest.Start(b, "fsync=on", "full_page_writes=on", "max_wal_size=4GB")
	s := openURL(b, server.URL("postgres"))
	leave := fmt.Sprintf(`SELECT count(belfry.belfry_send(jsonb_build_object('to', 'user-' || g %% 5000, 'category', 'order.assigned',
		'title', 'Order 1138 is yours', 'body', 'Due on Friday.', 'url', '/orders/1138'))) FROM generate_series(1, %d) g`, b.N)
	if _, err := server.SQL("postgres", leave); err != nil {
		b.Fatal(err)
	}
	read := func(d *belfry.Deposit) (belfry.Accept, error) {
		var m belfry.Send
		err := json.Unmarshal(d.Request, &m)
		return belfry.Accept{Send: &m, At: start}, err
	}
	b.ResetTimer()
	for n := 0; n < b.N; {
		taken, _, err := s.TakeIn(b.Context(), start, 500, read)
		if err != nil {
			b.Fatal(err)
		}
		n += len(taken)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}
