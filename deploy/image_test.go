package deploy_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/belfryhq/belfry/internal/proctest"
)

const key = "bf_the-key-of-the-tests"

// An image is what the Dockerfile makes, as a directory.
type image struct {
	root           string
	uid, gid       int
	env            []string
	dir            string
	serve, healthy []string // command lines
}

// build does what the Dockerfile says, without Docker. The folders /src and /out of the building stage stand elsewhere.
func build(t *testing.T) *image {
	t.Helper()
	building, final := stages(t)
	src, out := filepath.Join(t.TempDir(), "src"), filepath.Join(t.TempDir(), "out")
	for _, dir := range []string{src, out} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if dir := one[*instructions.WorkdirCommand](t, building).Path; dir != "/src" {
		t.Fatalf("it is built in %s", dir)
	}
	buildContext(t, src)
	for _, run := range every[*instructions.RunCommand](building) {
		line := strings.ReplaceAll(run.CmdLine[0], "/out/", out+"/")
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = src
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("RUN %s: %v\n%s", line, err, text)
		}
	}
	user, group, _ := strings.Cut(one[*instructions.UserCommand](t, final).User, ":")
	im := &image{root: t.TempDir(), uid: atoi(t, user), gid: atoi(t, group), dir: one[*instructions.WorkdirCommand](t, final).Path}
	for name, value := range environment(final) {
		im.env = append(im.env, name+"="+value)
	}
	entry := one[*instructions.EntrypointCommand](t, final).CmdLine
	im.serve = append(append([]string{}, entry...), one[*instructions.CmdCommand](t, final).CmdLine...)
	im.healthy = one[*instructions.HealthCheckCommand](t, final).Health.Test[1:]
	for _, c := range every[*instructions.CopyCommand](final) {
		from := filepath.Join(src, c.SourcePaths[0])
		if c.From != "" {
			from = c.SourcePaths[0]
			if strings.HasPrefix(from, "/out/") {
				from = filepath.Join(out, strings.TrimPrefix(from, "/out/"))
			}
		}
		im.copy(t, from, c)
	}
	return im
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		t.Fatalf("%q is not the number of a user who is not root", text)
	}
	return n
}

// copy does what COPY does, for a file or an empty folder.
func (im *image) copy(t *testing.T, from string, c *instructions.CopyCommand) {
	t.Helper()
	to := filepath.Join(im.root, c.DestPath)
	info, err := os.Stat(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil && info.IsDir() {
		err = os.Mkdir(to, info.Mode().Perm())
	} else if err == nil {
		var text []byte
		if text, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(to, text, info.Mode().Perm())
		}
	}
	if err == nil && c.Chown != "" && os.Geteuid() == 0 {
		user, group, _ := strings.Cut(c.Chown, ":")
		err = os.Chown(to, atoi(t, user), atoi(t, group))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command prepares a program of the image as a container would run it: nothing but the image to see, its user, its environment and what is given.
func (im *image) command(line []string, env ...string) *exec.Cmd {
	cmd := &exec.Cmd{Path: line[0], Args: line, Dir: im.dir, Env: append(append([]string{}, im.env...), env...)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: im.root}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(im.uid), Gid: uint32(im.gid)}
	} else { // who is not root may be somebody else in a user namespace
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: im.uid, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: im.gid, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// The image is built as the Dockerfile says and run as its user with nothing else to see: it serves, says that it is well, keeps what
// it was given in its volume over a restart, and ends in time.
func TestImage(t *testing.T) {
	t.Parallel()
	im := build(t)
	at := proctest.FreeAddress(t)
	env := []string{"BELFRY_ADDR=" + at, "BELFRY_URL=http://" + at, "BELFRY_API_KEYS=shop:" + key}
	if out, err := im.command(im.healthy, env...).CombinedOutput(); err == nil || !strings.Contains(string(out), "is a server running at") {
		t.Errorf("without a server it is healthy: %v\n%s", err, out)
	}
	p := start(t, im.command(im.serve, env...))
	p.ready(t, "http://"+at)
	if out, err := im.command(im.healthy, env...).CombinedOutput(); err != nil || string(out) != "ready\n" {
		t.Errorf("health: %v\n%s", err, out)
	}
	sent := post(t, "http://"+at)
	if took := p.stop(t, syscall.SIGTERM); took > 10*time.Second || p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("it ended after %v: %v\n%s", took, p.cmd.ProcessState, &p.output)
	}
	start(t, im.command(im.serve, env...)).ready(t, "http://"+at)
	if status, answer, err := ask(t.Context(), http.MethodGet, "http://"+at+"/api/v1/notifications/"+sent+"/", key, ""); err != nil || status != http.StatusOK {
		t.Errorf("after a restart: %d %s %v", status, answer, err)
	}
	im.staysInVolume(t)
}

// staysInVolume holds that nothing was written but into /data, and that what mail needs is there.
func (im *image) staysInVolume(t *testing.T) {
	t.Helper()
	for _, dir := range []string{".", "usr", "usr/bin", "etc", "etc/ssl/certs"} {
		entries, err := os.ReadDir(filepath.Join(im.root, dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			switch name {
			case "data", "etc", "usr", "LICENSE", "usr/bin", "usr/bin/belfry", "etc/ssl", "etc/ssl/certs/ca-certificates.crt":
			default:
				t.Errorf("the image has /%s", name)
			}
		}
	}
	if text := read(t, filepath.Join(im.root, "etc/ssl/certs/ca-certificates.crt")); strings.Count(string(text), "BEGIN CERTIFICATE") < 50 {
		t.Error("the image knows hardly any authority")
	}
}

// post sends a notification to person 42, and returns its id.
func post(t *testing.T, base string) string {
	t.Helper()
	status, answer, err := ask(t.Context(), http.MethodPost, base+"/api/v1/notifications/", key, `{"to":"42","category":"order.assigned","title":"Order 1138 is yours"}`)
	var sent struct{ ID string }
	if err != nil || status != http.StatusCreated || json.Unmarshal([]byte(answer), &sent) != nil || sent.ID == "" {
		t.Fatalf("send: %d %s %v", status, answer, err)
	}
	return sent.ID
}

// program is the program as the image has it, for tests that need no image; built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "belfry-deploy-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "belfry")
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, "./cmd/belfry")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return name, cmd.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name)) // a temporary folder
	}
	os.Exit(code)
}

func belfry(t *testing.T) string {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
