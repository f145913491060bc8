package crashtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// An assault is how much of everything strangers do at once.
type assault struct {
	streams  int           // of people who are at it meanwhile
	sends    int           // to all of them, one after the other, before the assault and during it
	pause    time.Duration // between two sends
	silent   int           // connections whose headers never end
	again    bool          // they come back
	guesses  int           // bad credentials; a second, when they come back
	guessers int           // connections by which they come
	memory   int           // KiB that the program may grow by
	slowdown float64       // how much slower the slowest sends may be; 0: it is told alone
}

// assaultOf is short, and claims only what must always hold, unless ABUSE=long asks for the figures.
func assaultOf(mode string) (assault, error) {
	switch mode {
	case "":
		return assault{streams: 8, sends: 60, silent: 300, guesses: 3000, guessers: 64, memory: 64 << 10}, nil
	case "long":
		return assault{
			streams: 20, sends: 1000, pause: 10 * time.Millisecond, silent: 2000, again: true, guesses: 11_000, guessers: 512, memory: 192 << 10, slowdown: 3,
		}, nil
	default:
		return assault{}, fmt.Errorf("ABUSE=%s: it is long, or not set", mode)
	}
}

// Strangers are a process of their own, which runs when nobody else wants to: real ones bring machines of their own, and must
// not be measured together with those who listen. Merely nice, they would keep a processor for some milliseconds from whoever
// wakes up meanwhile.
type stranger struct {
	cmd   *exec.Cmd
	stop  io.Closer
	words *bufio.Scanner
}

// startStrangers starts them and waits until they are at it.
func startStrangers(t *testing.T, p *process) *stranger {
	t.Helper()
	s := &stranger{cmd: exec.Command("chrt", "--idle", "0", must(os.Executable()))}
	s.cmd.Env = append(os.Environ(), "ABUSE_AT="+p.base)
	s.cmd.Stderr = os.Stderr
	s.stop = must(s.cmd.StdinPipe())
	s.words = bufio.NewScanner(must(s.cmd.StdoutPipe()))
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // when the test ended early
	if !s.words.Scan() || s.words.Text() != "begun" {
		t.Fatalf("the strangers did not begin: %q", s.words.Text())
	}
	return s
}

// end tells them to end and returns what should not have been.
func (s *stranger) end(t *testing.T) (faults []string) {
	t.Helper()
	if err := s.stop.Close(); err != nil {
		t.Fatal(err)
	}
	for s.words.Scan() {
		if s.words.Text() == "" {
			continue
		}
		faults = append(faults, s.words.Text())
	}
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("the strangers failed: %v", err)
	}
	return faults
}

// beStrangers is their process. What comes back goes on until nobody listens any more; everything else ends by itself.
func beStrangers(base string) (status int) {
	a, err := assaultOf(os.Getenv("ABUSE"))
	if err != nil {
		return 1
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	p := &process{base: base}
	ways := strangers(a)
	faults := make([]string, len(ways))
	var begun, busy sync.WaitGroup
	for i, way := range ways {
		begun.Add(1)
		busy.Go(func() { faults[i] = way(ctx, p, begun.Done) })
	}
	begun.Wait()
	if _, err := os.Stdout.WriteString("begun\n"); err != nil {
		return 1
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return 1
	}
	if a.again {
		stop()
	}
	busy.Wait()
	if _, err := os.Stdout.WriteString(strings.Join(faults, "\n")); err != nil {
		return 1
	}
	return 0
}
