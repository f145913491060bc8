package djangotest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
)

// patience is how long anything may take that should take a moment; it ends a test that hangs.
const patience = 60 * time.Second

// buildOnce builds the program for all tests of this package.
var buildOnce = sync.OnceValues(func() (string, error) { return proctest.Build("../..") })

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := buildOnce(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder
	}
	os.Exit(code)
}

// start starts a program with nothing of this environment but what programs need. In the end it is asked to stop.
func start(t *testing.T, dir string, environ []string, words ...string) *proctest.Process {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"}, environ...)
	p := proctest.Start(t, cmd)
	t.Cleanup(func() { p.Stop(t) })
	return p
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
