package deploy_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/belfryhq/belfry/internal/proctest"
)

// exposure is what `systemd-analyze security` may say of the unit at most, of 10. What is left is that it uses the network.
const exposure = 1.5

// unit reads the lines of the unit as name and value.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	settings := map[string][]string{}
	for s := bufio.NewScanner(bytes.NewReader(read(t, "systemd/belfry.service"))); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), "="); ok && !strings.HasPrefix(name, "#") {
			settings[name] = append(settings[name], value)
		}
	}
	return settings
}

// systemd's own checker takes the unit, with the program where the test has it.
func TestUnitVerifies(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(read(t, "systemd/belfry.service")), "/usr/local/bin/belfry", belfry(t), 1)
	name := filepath.Join(t.TempDir(), "belfry.service")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	verify := exec.Command("systemd-analyze", "verify", "--man=no", name)
	if out, err := verify.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v (.ci/setup installs it)\n%s", err, out)
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", name).CombinedOutput()
	found := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	if level, err := strconv.ParseFloat(string(found[1]), 64); err != nil || level > exposure {
		t.Errorf("the exposure is %s, want at most %v\n%s", found[1], exposure, out)
	}
}

func TestUnitAgrees(t *testing.T) {
	t.Parallel()
	u := unit(t)
	for _, env := range u["Environment"] {
		name, value, _ := strings.Cut(env, "=")
		known(t, "the unit", name)
		if state := "/var/lib/" + u["StateDirectory"][0]; name == "BELFRY_DATABASE_URL" && value != "sqlite:"+state+"/belfry.db" {
			t.Errorf("the data is at %s, and only %s can be written", value, state)
		}
	}
	if seconds, err := strconv.Atoi(u["TimeoutStopSec"][0]); err != nil || seconds < drain {
		t.Errorf("it has %s seconds to end, and drains up to %d", u["TimeoutStopSec"][0], drain)
	}
	if u["Type"][0] != "exec" {
		t.Errorf("the program does not tell systemd when it is ready, and Type is %s", u["Type"][0])
	}
	// A setting that cannot be used ends it with the status after which the unit does not start it again.
	cmd := exec.Command(belfry(t), strings.Fields(u["ExecStart"][0])[1:]...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"BELFRY_ADDR=nowhere"}
	_ = cmd.Run() // the status says it
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != u["RestartPreventExitStatus"][0] {
		t.Errorf("the status was %s", got)
	}
}

// What the program asks of the kernel, from its start to its end, the unit's filter lets through.
func TestUnitSystemCalls(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{}
	for _, filter := range unit(t)["SystemCallFilter"] {
		names, deny := strings.CutPrefix(filter, "~")
		for _, name := range strings.Fields(names) {
			for _, call := range group(t, name) {
				allowed[call] = !deny
			}
		}
	}
	dir, at := t.TempDir(), proctest.FreeAddress(t)
	trace := filepath.Join(dir, "trace")
	// Not --seccomp-bpf: what is not looked at would not be seen.
	cmd := exec.Command("strace", "-f", "-qq", "-o", trace, belfry(t), "serve")
	cmd.Dir, cmd.Env = dir, []string{"BELFRY_ADDR=" + at, "BELFRY_API_KEYS=shop:" + key, "BELFRY_JWT_SECRET=" + secret, "BELFRY_DATABASE_URL=sqlite:" + filepath.Join(dir, "belfry.db")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: nobody(t, dir, belfry(t))}
	p := start(t, cmd)
	p.ready(t, "http://"+at)
	post(t, "http://"+at)
	heard := listen(t, "http://"+at, "42")
	post(t, "http://"+at)
	heard.want(t, "message")
	heard.close()
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	var used []string
	for s := bufio.NewScanner(bytes.NewReader(read(t, trace))); s.Scan(); {
		if m := regexp.MustCompile(`^\d+ +([a-z0-9_]+)\(`).FindStringSubmatch(s.Text()); m != nil && !slices.Contains(used, m[1]) {
			used = append(used, m[1])
		}
	}
	if len(used) < 30 || !slices.Contains(used, "epoll_pwait") || !slices.Contains(used, "fsync") {
		t.Fatalf("the trace has %v", used)
	}
	for _, call := range used {
		if !allowed[call] {
			t.Errorf("the program calls %s, which the unit forbids", call)
		}
	}
}

// nobody returns a user who is not root, for whom SQLite does other things, and lets them have a folder and run a program.
func nobody(t *testing.T, dir, program string) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	const id = 65534
	for _, folder := range []string{filepath.Dir(dir), filepath.Dir(program)} { // Go's temporary folders are for their maker alone
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, id, id); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: id, Gid: id}
}

// group returns the system calls of a group, as systemd knows them, or the one that is named.
func group(t *testing.T, name string) (calls []string) {
	t.Helper()
	if !strings.HasPrefix(name, "@") {
		return []string{name}
	}
	out, err := exec.Command("systemd-analyze", "syscall-filter", "--no-pager", name).Output()
	if err != nil {
		t.Fatalf("systemd-analyze syscall-filter %s: %v", name, err)
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		word := strings.TrimSpace(s.Text())
		if strings.HasPrefix(s.Text(), " ") && !strings.HasPrefix(word, "#") {
			calls = append(calls, group(t, word)...)
		}
	}
	return calls
}
