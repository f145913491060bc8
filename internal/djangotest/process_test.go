package djangotest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// patience is how long anything may take that should take a moment; it ends a test that hangs.
const patience = 60 * time.Second

// buildOnce builds the program for all tests of this package.
var buildOnce = sync.OnceValues(build)

func TestMain(m *testing.M) {
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
	dir, err := os.MkdirTemp("", "belfry-djangotest-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "belfry")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/belfry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// touchSources looks at every file that is run. The test cache sees what a test looks at, not what others read for it.
func touchSources(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "data" || strings.HasPrefix(d.Name(), ".git")) {
			return fs.SkipDir
		}
		if slices.Contains([]string{".go", ".mod", ".sum", ".sql", ".js", ".yaml", ".html", ".css", ".py", ".sh"}, filepath.Ext(path)) {
			_, err = os.Stat(path)
		}
		return err
	})
}

// A process is a program that runs until the test ends.
type process struct {
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
}

// start starts a program with nothing of this environment but what programs need. Its group is its own, so that what it has
// started ends with it.
func start(t *testing.T, dir string, environ []string, words ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(words[0], words[1:]...), output: &output{grown: make(chan struct{}, 1)}, exited: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"}, environ...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the state is read from the command
		close(p.exited)
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

// stop asks the program to end, and its group to be gone.
func (p *process) stop(t *testing.T) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Errorf("%s does not stop:\n%s", p.cmd, p.output)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("end the rest of %s: %v", p.cmd, err)
	}
	<-p.exited
}

// says waits until the program has written what matches, and returns the first group.
func (p *process) says(t *testing.T, what *regexp.Regexp) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if found := what.FindStringSubmatch(p.output.String()); found != nil {
			return found[len(found)-1]
		}
		select {
		case <-p.output.grown:
		case <-p.exited:
			if found := what.FindStringSubmatch(p.output.String()); found != nil {
				return found[len(found)-1]
			}
			t.Fatalf("%s ended: %s\n%s", p.cmd, p.cmd.ProcessState, p.output)
		case <-ctx.Done():
			t.Fatalf("%s did not say %s:\n%s", p.cmd, what, p.output)
		}
	}
}

// An output is what a program wrote.
type output struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown chan struct{}
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grown <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

// String returns it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// goEnvironment is what a program that builds Go programs needs besides.
func goEnvironment(t *testing.T, environ ...string) []string {
	t.Helper()
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOFLAGS", "GOPROXY", "GOROOT"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		environ = append(environ, name+"="+strings.TrimSpace(string(out)))
	}
	return environ
}
