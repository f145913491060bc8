package crashtest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
)

const (
	apiKey    = "bf_the-key-of-the-crash-test"
	jwtSecret = "the secret of the crash test, 32 bytes and more"

	// patience is how long anything may take that should take a moment; it ends a test that hangs.
	patience = 30 * time.Second
)

// buildOnce builds the program for all tests of this package.
var buildOnce = sync.OnceValues(func() (string, error) { return proctest.Build("../..") })

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

// A process is a running `belfry serve`.
type process struct {
	*proctest.Process

	base   string // its address
	client *http.Client
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
	p := &process{Process: proctest.Start(t, command(t, dir, within, settings...)), client: &http.Client{Transport: &http.Transport{}}}
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
	p.base = p.Says(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// It says its address when it listens; the first answer comes when it serves.
	status, _, err := p.call(ctx, http.MethodGet, "/readyz", "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("readyz: %d %v\n%s", status, err, p.Output)
	}
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.Kill(t)
	p.client.CloseIdleConnections()
	if s := string(p.Output.Whole()); strings.Contains(s, "panic") || strings.Contains(s, "fatal error") {
		t.Errorf("the program panicked:\n%s", s)
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
