package postgres_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/pgtest"
)

// BenchmarkStored tells what a notification takes in the tables, in their indexes, and in the write-ahead log, by the bytes of
// its data; not how long it takes.
//
//	go test ./postgres -run '^$' -bench Stored -benchtime 1x
func BenchmarkStored(b *testing.B) {
	for _, size := range []int{0, 300, 1000} {
		b.Run(fmt.Sprintf("data=%d", size), func(b *testing.B) {
			for range b.N {
				bytesStored(b, size)
			}
		})
	}
}

// bytesStored fills a server of its own, in the order in which many people get theirs.
func bytesStored(b *testing.B, size int) {
	b.Helper()
	const people, each = 1000, 100
	server := pgtest.Start(b, "full_page_writes=on")
	s := openURL(b, server.URL("postgres"))
	number := func(query string) float64 {
		b.Helper()
		out, err := server.SQL("postgres", query)
		if err != nil {
			b.Fatal(err)
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	begin := number(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn`)
	for n := range each {
		var accepts []belfry.Accept
		for i := range people {
			a := send(belfry.ToUser(fmt.Sprint("user-", i)), "Order 1138 is yours")
			a.At = start.Add(time.Duration(n) * time.Minute)
			if size > 0 {
				a.Send.Data = []byte(`{"pad":"` + strings.Repeat("x", size-len(`{"pad":""}`)) + `"}`)
			}
			accepts = append(accepts, a)
		}
		if _, err := s.Accept(b.Context(), accepts); err != nil {
			b.Fatal(err)
		}
	}
	for query, unit := range map[string]string{
		`SELECT pg_table_size('belfry.notifications')`:                           "table-bytes/notification",
		`SELECT pg_indexes_size('belfry.notifications')`:                         "index-bytes/notification",
		fmt.Sprintf(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn - %.0f`, begin): "wal-bytes/notification",
	} {
		b.ReportMetric(number(query)/(people*each), unit)
	}
}
