package crashtest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	apiKey    = "bf_the-key-of-the-crash-test"
	jwtSecret = "the secret of the crash test, 32 bytes and more"

	// patience is how long anything may take that should take a moment; it ends a test that hangs.
	patience = 30 * time.Second
)

// buildOnce builds the program for all tests of this package.
var buildOnce = sync.OnceValues(build)

func TestMain(m *testing.M) {
	if at := os.Getenv("ABUSE_AT"); at != "" {
		os.Exit(beStrangers(at))
	}
	code := m.Run()
	if path, err := buildOnce(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder
	}
	os.Exit(code)
}

func build() (path string, err error) {
	if err := touchSources("../.."); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "belfry-crashtest-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "belfry")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/belfry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// touchSources looks at every file that the program is built from. The test cache sees what a test looks at, not what
// the compiler reads for it; without this, a broken program would be answered with the good result of the last one.
func touchSources(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".git")) {
			return fs.SkipDir
		}
		if slices.Contains([]string{".go", ".mod", ".sum", ".sql", ".js", ".yaml", ".html", ".css"}, filepath.Ext(path)) {
			_, err = os.Stat(path)
		}
		return err
	})
}

// A process is a running `belfry serve`.
type process struct {
	base   string // its address
	client *http.Client
	cmd    *exec.Cmd
	stdout *tail
	stderr *tail
	exited chan struct{} // closed when it has ended
}

// command prepares `belfry serve` on dir/belfry.db, wrapped by the words of within, with nothing of this environment
// but what programs need.
func command(t *testing.T, dir string, within []string, settings ...string) *exec.Cmd {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	words := append(slices.Clone(within), path, "serve")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
		"BELFRY_ADDR=127.0.0.1:0", "BELFRY_DATABASE_URL=sqlite:" + filepath.Join(dir, "belfry.db"),
		"BELFRY_API_KEYS=crash:" + apiKey, "BELFRY_JWT_SECRET=" + jwtSecret,
		"BELFRY_LOG_LEVEL=warn", "BELFRY_RATE_LIMITS=off", "BELFRY_HEARTBEAT_INTERVAL=5s",
	}, settings...)
	return cmd
}

// launch starts a process and does not wait until it serves.
func launch(t *testing.T, dir string, within []string, settings ...string) *process {
	t.Helper()
	p := &process{
		cmd: command(t, dir, within, settings...), client: &http.Client{Transport: &http.Transport{}},
		stdout: newTail(), stderr: newTail(), exited: make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the state is read from the command
		close(p.exited)
	}()
	t.Cleanup(func() { p.kill(t) })
	return p
}

// serve starts a process and waits until it is ready.
func serve(t *testing.T, dir string, settings ...string) *process {
	t.Helper()
	p := launch(t, dir, nil, settings...)
	p.ready(t)
	return p
}

var address = regexp.MustCompile(`ringing at (http://\S+)`)

// ready waits until the process answers that it is.
func (p *process) ready(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case <-p.stdout.grown():
			if found := address.FindStringSubmatch(p.stdout.String()); found != nil {
				p.base = found[1]
			}
		case <-p.exited:
			t.Fatalf("the program ended at its start: %s\n%s%s", p.cmd.ProcessState, p.stdout, p.stderr)
		case <-ctx.Done():
			t.Fatalf("the program did not say where it is in %v:\n%s%s", patience, p.stdout, p.stderr)
		}
		if p.base != "" {
			break
		}
	}
	// It says its address when it listens; the first answer comes when it serves.
	status, _, err := p.call(ctx, http.MethodGet, "/readyz", "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("readyz: %d %v\n%s", status, err, p.stderr)
	}
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill: %v", err)
	}
	p.wait(t)
	p.client.CloseIdleConnections()
	if s := p.stderr.String(); strings.Contains(s, "panic") || strings.Contains(s, "fatal error") {
		t.Errorf("the program panicked:\n%s", s)
	}
}

// wait waits for the end and returns the exit status, -1 after a signal.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("the program did not end in %v\n%s", patience, p.stderr)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// call makes one request and reads the whole answer.
func (p *process) call(ctx context.Context, method, path, credential string, body []byte, headers ...string) (int, []byte, error) {
	answer, err := p.open(ctx, method, path, credential, body, headers...)
	if err != nil {
		return 0, nil, err
	}
	defer hangUp(answer)
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// open makes one request; headers are pairs of name and value.
func (p *process) open(ctx context.Context, method, path, credential string, body []byte, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return p.client.Do(r)
}

// hangUp closes an answer; that what was read of it is whole was told by reading.
func hangUp(answer *http.Response) { _ = answer.Body.Close() }

// A tail is the end of what a process wrote.
type tail struct {
	mu    sync.Mutex
	text  []byte
	wrote chan struct{} // has a value when something came since it was taken
}

func newTail() *tail { return &tail{wrote: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if over := len(b.text) - 64<<10; over > 0 {
		b.text = b.text[over:]
	}
	select {
	case b.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (b *tail) grown() <-chan struct{} { return b.wrote }

// String returns the last lines.
func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for s := bufio.NewScanner(bytes.NewReader(b.text)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return strings.Join(lines[max(0, len(lines)-40):], "\n") + "\n"
}
