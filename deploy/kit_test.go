package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

// patience is how long anything may take that should take a moment; it ends a test that hangs.
const patience = 60 * time.Second

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A process is a program that runs until the test ends.
type process struct {
	cmd    *exec.Cmd
	output output
	exited chan struct{}
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: %v (.ci/setup installs what is needed)", cmd.Args, err)
	}
	go func() {
		_ = cmd.Wait() // the state is read from the command
		close(p.exited)
	}()
	t.Cleanup(func() { p.stop(t, syscall.SIGTERM) })
	return p
}

// stop ends the process as its service would, and returns how long it took.
func (p *process) stop(t *testing.T, s syscall.Signal) time.Duration {
	t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Errorf("%v did not end in %v:\n%s", p.cmd.Args, patience, &p.output)
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return time.Since(began)
}

// An output keeps what a process wrote.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ask makes a request of a server on this machine.
func ask(ctx context.Context, method, url, credential, body string) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// ready waits until a server answers that it is.
func (p *process) ready(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, answer, err := ask(ctx, http.MethodGet, url+"/readyz", "", "")
		if err == nil && status == http.StatusOK {
			return
		}
		select {
		case <-p.exited:
			t.Fatalf("%v ended: %v\n%s", p.cmd.Args, p.cmd.ProcessState, &p.output)
		case <-ctx.Done():
			t.Fatalf("%s is not ready: %d %s %v\n%s", url, status, answer, err, &p.output)
		case <-tick.C:
		}
	}
}

// known fails for a name that is ours by its prefix and that the program does not know.
func known(t *testing.T, where, name string) {
	t.Helper()
	settings := map[string]bool{}
	for _, d := range config.Describe() {
		settings[d.Setting] = true
		if d.Secret {
			settings[d.Setting+"_FILE"] = true
		}
	}
	if !settings[name] {
		t.Errorf("%s sets %s, which is no setting of Belfry", where, name)
	}
}
