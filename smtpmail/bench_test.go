package smtpmail_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
	"github.com/belfryhq/belfry/storetest"
)

// BenchmarkCarry carries mails of 2 KiB over one connection, to smtp-sink in the clear and to the fake Gmail under TLS, and has
// smtp-source send as many to smtp-sink, in the clear, in the same run: ratio is how our rate stands to its.
func BenchmarkCarry(b *testing.B) {
	b.Run("sink", func(b *testing.B) {
		a := sink(b)
		carryMany(b, a, a.Port)
	})
	b.Run("fake", func(b *testing.B) {
		f, err := fakegmail.Start(b.Context(), fakegmail.Options{Users: map[string]string{user: secret}, Forget: true})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		carryMany(b, accountAt(f), sink(b).Port)
	})
}

func carryMany(b *testing.B, a smtpmail.Account, sourceTo int) {
	b.Helper()
	c, err := smtpmail.New(smtpmail.Config{Accounts: []smtpmail.Account{a}, State: storetest.NewMemory()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	l := mail(1)
	for len(l.Message) < 2048 {
		l.Message = append(l.Message, "0123456789012345678901234567890123456789\r\n"...)
	}
	commit := func(context.Context, string) error { return nil }
	b.ResetTimer()
	begin := time.Now()
	n := 0
	for b.Loop() {
		if got := c.Carry(b.Context(), l, commit); got.Verdict != belfry.Delivered {
			b.Fatalf("got %+v", got)
		}
		n++
	}
	ours := float64(n) / time.Since(begin).Seconds()
	b.StopTimer()
	theirs := source(b, sourceTo, max(n, 2000))
	b.ReportMetric(ours, "mails/s")
	b.ReportMetric(theirs, "smtp-source/s")
	b.ReportMetric(ours/theirs, "ratio")
}

// source sends n mails by smtp-source, one connection for all, and returns the rate.
func source(t testing.TB, port, n int) float64 {
	t.Helper()
	path := program(t, "smtp-source", "../bin/postfix/usr/sbin/smtp-source")
	c := exec.Command(path, "-d", "-s", "1", "-l", "2048", "-m", fmt.Sprint(n), "-f", user, "-t", "eve@example.net", fmt.Sprintf("127.0.0.1:%d", port))
	c.Env = append(os.Environ(), "LD_LIBRARY_PATH="+filepath.Join(filepath.Dir(path), "..", "lib", "postfix"))
	begin := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("smtp-source: %v\n%s", err, out)
	}
	return float64(n) / time.Since(begin).Seconds()
}
