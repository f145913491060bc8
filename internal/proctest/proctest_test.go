//go:build unix

package proctest_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
)

// A program is heard on both streams, ends with a status, or by a signal, and what it has started ends with it.
func TestProcess(t *testing.T) {
	t.Parallel()
	p := proctest.Start(t, exec.Command("sh", "-c", `trap 'exit 3' TERM; echo "here at 42" >&2; echo out; while :; do sleep 0.05; done`))
	if got := p.Says(t, regexp.MustCompile(`here at (\d+)`)); got != "42" {
		t.Errorf("it says %q, want 42", got)
	}
	p.Says(t, regexp.MustCompile(`out`))
	p.Signal(t, syscall.SIGTERM)
	if code := p.Wait(t); code != 3 {
		t.Errorf("exit status: got %d, want 3", code)
	}
	p.Kill(t) // it has ended

	p = proctest.Start(t, exec.Command("sh", "-c", `sleep 1000 & echo child $!; wait`))
	child, err := strconv.Atoi(p.Says(t, regexp.MustCompile(`child (\d+)\n`)))
	if err != nil {
		t.Fatal(err)
	}
	p.Stop(t)
	if code := p.Wait(t); code != -1 {
		t.Errorf("exit status after a signal: got %d, want -1", code)
	}
	<-p.Exited()
	// Gone, or dead and not yet buried by whoever inherited it.
	for stuck := time.After(20 * time.Second); ; {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			break
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-stuck:
			t.Fatalf("what it had started lives: %s", stat)
		}
	}
}

// An address that is found is a whole one of the loopback interface, and not one that is taken.
func TestFreeAddress(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nobody came
	found := proctest.FreeAddress(t)
	at, err := netip.ParseAddrPort(found)
	if err != nil || !at.Addr().IsLoopback() || at.Port() == 0 || found == l.Addr().String() {
		t.Errorf("found %s beside %s, %v", found, l.Addr(), err)
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	o := proctest.NewOutput()
	for i := range 100_000 {
		if n, err := fmt.Fprintf(o, "line %d\n", i); err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	<-o.Grown()
	if n := len(o.Whole()); n != 1<<20 {
		t.Errorf("%d bytes are kept, want 1 MiB", n)
	}
	if got := strings.Split(strings.TrimSuffix(o.String(), "\n"), "\n"); len(got) != 40 || got[0] != "line 99960" || got[39] != "line 99999" {
		t.Errorf("shown: %d lines, from %q to %q", len(got), got[0], got[len(got)-1])
	}
}
