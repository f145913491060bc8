//go:build linux || darwin

package sqlite_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// backlog queues mails of a class, each for a notification of its own.
func backlog(tb testing.TB, s *sqlite.Store, n int, class belfry.MailClass) {
	tb.Helper()
	for n > 0 {
		sends := make([]belfry.Accept, min(1000, n))
		for i := range sends {
			sends[i] = mailTo(fmt.Sprint("user-", (n-i)%1000), class)
		}
		accept(tb, s, sends...)
		n -= len(sends)
	}
}

func claim(tb testing.TB, s *sqlite.Store, limit int, lease time.Duration, order ...belfry.MailClass) []belfry.Mail {
	tb.Helper()
	mails, _, err := s.Claim(context.Background(), belfry.ClaimQuery{Order: order, Limit: limit, Now: start, Lease: lease})
	if err != nil {
		tb.Fatal(err)
	}
	return mails
}

// BenchmarkClaim claims what is due of the transactional mails that come one by one, beside a backlog of 20,000 others.
func BenchmarkClaim(b *testing.B) {
	for _, waiting := range []int{0, 20_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := open(b)
			backlog(b, s, waiting, belfry.Bulk)
			backlog(b, s, b.N, belfry.Transactional)
			measure(b, b.N, func() {
				for range b.N {
					if got := claim(b, s, 1, time.Hour, everyMailClass()...); len(got) != 1 || got[0].Plan.Class != belfry.Transactional {
						b.Fatal("not the transactional mail")
					}
				}
			})
		})
	}
	b.Run("waiting=20000/bulk by 50", func(b *testing.B) {
		s := open(b)
		backlog(b, s, 20_000, belfry.Bulk)
		measure(b, b.N*50, func() {
			for i := range b.N {
				// A lease that ends at once keeps the backlog as it is.
				mails, _, err := s.Claim(b.Context(), belfry.ClaimQuery{
					Order: everyMailClass(), Limit: 50, Now: start.Add(time.Duration(i) * time.Second), Lease: time.Millisecond,
				})
				if err != nil || len(mails) != 50 {
					b.Fatal(len(mails), err)
				}
			}
		})
	})
}

// BenchmarkSettle takes a mail all its way: its bytes, the commit, and the server's answer.
func BenchmarkSettle(b *testing.B) {
	s := open(b)
	backlog(b, s, 20_000, belfry.Bulk)
	backlog(b, s, b.N, belfry.Transactional)
	message := make([]byte, 8<<10)
	mails := claim(b, s, b.N, time.Hour, belfry.Transactional)
	measure(b, b.N, func() {
		for _, m := range mails {
			if err := s.Prepare(b.Context(), m.Lease, "<1@example.com>", message); err != nil {
				b.Fatal(err)
			}
			if err := s.Commit(b.Context(), m.Lease, "main"); err != nil {
				b.Fatal(err)
			}
			a := belfry.Attempt{At: start, Stage: "DATA", Code: 250, EnhancedCode: "2.0.0", Text: "OK 1774789199 a1-20020a05600c0b4100b0040000000000si1234567wmr.0 - gsmtp"}
			if err := s.Settle(b.Context(), m.Lease, belfry.Settlement{State: belfry.Sent, At: start, Attempt: &a, Counts: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMarkMailed reads notifications whose mail was sent, and others whose mail is canceled by it.
func BenchmarkMarkMailed(b *testing.B) {
	yes := true
	for _, queued := range []bool{false, true} {
		b.Run(fmt.Sprintf("queued=%v", queued), func(b *testing.B) {
			s := open(b)
			var ids []belfry.ID
			for len(ids) < b.N {
				sends := make([]belfry.Accept, min(1000, b.N-len(ids)))
				for i := range sends {
					sends[i] = mailTo("42", belfry.Transactional)
				}
				for _, a := range accept(b, s, sends...) {
					ids = append(ids, a.ID)
				}
			}
			if !queued {
				for _, m := range claim(b, s, b.N, time.Hour, belfry.Transactional) {
					if err := s.Settle(b.Context(), m.Lease, belfry.Settlement{State: belfry.Sent, At: start}); err != nil {
						b.Fatal(err)
					}
				}
			}
			measure(b, b.N, func() {
				for _, id := range ids {
					m := belfry.Mark{User: "42", Set: belfry.StateChange{Read: &yes}, IDs: []belfry.ID{id}, At: start}
					if got, err := s.Mark(b.Context(), m); err != nil || len(got.Changes) != 1 {
						b.Fatal(got, err)
					}
				}
			})
		})
	}
}
