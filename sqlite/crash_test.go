package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// crashFile names, in the environment, the file that a child process loads until it is killed.
const crashFile = "BELFRY_TEST_CRASH_FILE"

// TestMain checks that closed stores leave no goroutine behind. In a child process it is the program that crashes.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		program := load
		if os.Getenv(crashMail) != "" {
			program = loadMail
		}
		fmt.Fprintln(os.Stderr, program(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// load sends without end, to eight people and to everyone, and writes down each title that was acknowledged.
func load(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	var out sync.Mutex
	for i := range 8 {
		go func() {
			for n := 0; ; n++ {
				a := send(belfry.ToUser("42"), fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n))
				a.At = time.Now()
				if n%10 == 9 {
					a.Send.To = belfry.ToAll()
				}
				if _, err := s.Accept(ctx, []belfry.Accept{a}); err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Println(a.Send.Title) //nolint:forbidigo // it is this process's answer to its parent
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	acknowledged := map[string]bool{}
	for round := range 6 {
		crash(t, path, 50+150*round, acknowledged)
		s, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, acknowledged)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// crash runs a child on the file, and kills it when it has acknowledged so many.
func crash(t *testing.T, path string, after int, acknowledged map[string]bool, env ...string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(append(os.Environ(), crashFile+"="+path), env...)
	var errs strings.Builder
	child.Stderr = &errs
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		acknowledged[lines.Text()] = true
		if n == after {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		} // what it said before it died is read to the end
	}
	if err := child.Wait(); err == nil || errs.Len() > 0 {
		t.Fatalf("the child ended by itself: %v %s", err, &errs)
	}
}

// check looks for every acknowledged title once, in a log without gaps and with counts that agree.
func check(t *testing.T, s *sqlite.Store, acknowledged map[string]bool) {
	t.Helper()
	page := list(t, s, "42")
	seen := map[string]bool{}
	for _, n := range page.Results {
		if seen[n.Title] {
			t.Errorf("%q is there twice", n.Title)
		}
		seen[n.Title] = true
	}
	for title := range acknowledged {
		if !seen[title] {
			t.Errorf("%q was acknowledged and is lost", title)
		}
	}
	if n := int64(len(page.Results)); page.Counts != (belfry.Counts{Unread: n, Unseen: n}) || page.Cursor.Seq+page.Cursor.Broadcast != n {
		t.Errorf("%d rows, %+v, cursor %s", n, page.Counts, page.Cursor)
	}
	got, err := s.Changes(t.Context(), "42", belfry.Cursor{Epoch: s.Epoch()}, 1_000_000, start)
	if err != nil || len(got.Items) != len(page.Results) {
		t.Errorf("the log has %d entries, %v; want %d", len(got.Items), err, len(page.Results))
	}
}
