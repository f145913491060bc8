package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// BenchmarkStored tells what a notification takes in the file, with its index, by the bytes of its data; not how long it takes.
//
//	go test ./sqlite -run '^$' -bench Stored -benchtime 1x
func BenchmarkStored(b *testing.B) {
	for _, size := range []int{0, 300, 1000} {
		b.Run(fmt.Sprintf("data=%d", size), func(b *testing.B) {
			for range b.N {
				b.ReportMetric(bytesStored(b, size), "bytes/notification")
			}
		})
	}
}

// bytesStored fills a database of its own, in the order in which many people get theirs.
func bytesStored(b *testing.B, size int) float64 {
	b.Helper()
	const people, each = 1000, 100
	path := filepath.Join(b.TempDir(), "belfry.db")
	s, err := sqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	for n := range each {
		var sends []belfry.Accept
		for i := range people {
			a := send(belfry.ToUser(fmt.Sprint("user-", i)), "Order 1138 is yours")
			a.At = start.Add(time.Duration(n) * time.Minute)
			if size > 0 {
				a.Send.Data = []byte(`{"pad":"` + strings.Repeat("x", size-len(`{"pad":""}`)) + `"}`)
			}
			sends = append(sends, a)
		}
		accept(b, s, sends...)
	}
	if err := s.Close(); err != nil { // the log becomes part of the file
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / (people * each)
}
