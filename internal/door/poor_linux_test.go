package door_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/belfryhq/belfry/internal/door"
)

// poorHouse makes the test program a server that may open few files.
const poorHouse = "BELFRY_TEST_FEW_FILES"

const fewFiles = 40

// beginPoor serves until its input ends. What it says first is its address.
func beginPoor() int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fail(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: fewFiles, Max: fewFiles}); err != nil {
		return fail(err)
	}
	streams := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			fail(err)
			return
		}
		fd := c.(interface{ Detach() int }).Detach() //nolint:forcetypeassert // what else would it be
		_, _ = unix.Write(fd, []byte("HTTP/1.1 200 OK\r\n\r\n"))
		go func() { // nobody waits for it: the process ends with its input
			f := os.NewFile(uintptr(fd), "stream")
			_, _ = io.Copy(io.Discard, f)
			_ = f.Close()
		}()
	})
	web := &http.Server{Handler: as("net/http"), ReadHeaderTimeout: patience}
	go func() { _ = web.Serve(door.Listen(l, path, streams, slog.New(slog.NewTextHandler(os.Stderr, nil)))) }()
	if _, err := fmt.Fprintln(os.Stdout, l.Addr()); err != nil {
		return fail(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// TestFewFiles: when no more files can be opened, whoever comes waits, for a stream and for anything else, and has their turn
// when others leave.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), poorHouse+"=1")
	var log bytes.Buffer
	child.Stderr = &log
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, listen: poor(strings.TrimSpace(address))}
	var inside, waiting []*visitor
	for range 2 * fewFiles {
		waiting = append(waiting, h.visit(get+"Host: x\r\n\r\n"))
	}
	other := h.visit("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
	for len(waiting) > 0 {
		v := waiting[0]
		waiting = waiting[1:]
		if line, err := v.in.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Fatalf("with %d waiting: %q, %v", len(waiting), line, err)
		}
		if inside = append(inside, v); len(inside) > fewFiles/4 { // others make room
			_ = inside[0].conn.Close()
			inside = inside[1:]
		}
	}
	if got := other.echo(); got.By != "net/http" {
		t.Errorf("got %+v", got)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "connections cannot be accepted") {
		t.Errorf("the limit was not reached; the log says %s", &log)
	}
}

// A poor is the address of a listener in another process.
type poor string

func (p poor) Addr() net.Addr          { return p }
func (p poor) Network() string         { return "tcp" }
func (p poor) String() string          { return string(p) }
func (poor) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (poor) Close() error              { return nil }
