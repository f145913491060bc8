package move_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// BenchmarkMove moves 100,000 notifications of 1,000 people into an empty database, and compares them.
func BenchmarkMove(b *testing.B) {
	const count = 100_000
	s := newSide(b)
	store := s.source(b)
	for at := 0; at < count; at += 1000 {
		var sends []belfry.Accept
		for i := range 1000 {
			a := send(belfry.ToUser(fmt.Sprint("user ", i)), fmt.Sprint("Order ", at+i, " is yours"))
			a.Send.Body, a.Send.URL, a.Send.Data = strings.Repeat("words ", 20), "/orders/1138", []byte(`{"order":1138}`)
			sends = append(sends, a)
		}
		accept(b, store, sends...)
	}
	shut(b, store)
	for b.Loop() {
		s.url = shared.Database(b)
		began := time.Now()
		if moved := s.moved(b); moved["notifications"].Written != count {
			b.Fatalf("moved %+v", moved)
		}
		b.ReportMetric(count/time.Since(began).Seconds(), "rows/s")
	}
}
