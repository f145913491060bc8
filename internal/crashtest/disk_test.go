package crashtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/proctest"
)

// A smallDisk is a file system of a few megabytes, mounted where only the processes started within it see it, so that
// nothing is left of it however the test ends.
type smallDisk struct {
	dir    string
	within []string // the words before a command that is to see it
}

// mountSmall mounts a small disk. A kernel that lets nobody but root mount, and a test that is not root, is a failure:
// what a full disk does must not go untested.
func mountSmall(t *testing.T, size string) smallDisk {
	t.Helper()
	dir := t.TempDir()
	flags := []string{"--mount"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-root-user")
	}
	script := `mount -t tmpfs -o size="$2" belfry "$1" && echo mounted && exec cat`
	holder := exec.Command("unshare", append(flags, "sh", "-c", script, "sh", dir, size)...)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, failure := proctest.NewOutput(), proctest.NewOutput()
	holder.Stdout, holder.Stderr = out, failure
	if err := holder.Start(); err != nil {
		t.Fatalf("unshare: %v (it is part of util-linux)", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- holder.Wait() }()
	t.Cleanup(func() {
		_ = stdin.Close() // ends the holder, and with it the mount
		if err := <-ended; err != nil {
			t.Errorf("the holder of the disk: %v: %s", err, failure)
		}
	})
	select {
	case <-out.Grown():
	case err := <-ended:
		ended <- err
		t.Fatalf("mount a small disk: %v: %s\nrun the tests as root, or allow user namespaces (sysctl user.max_user_namespaces)", err, failure)
	}
	enter := []string{"nsenter", "--target", strconv.Itoa(holder.Process.Pid), "--mount"}
	if os.Geteuid() != 0 {
		enter = append(enter, "--user", "--preserve-credentials")
	}
	return smallDisk{dir, append(enter, "--wd="+dir, "--")}
}

// run runs a command that sees the disk.
func (d smallDisk) run(t *testing.T, words ...string) {
	t.Helper()
	words = append(append([]string{}, d.within...), words...)
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", words, err, out)
	}
}

// A full disk: what cannot be stored is refused with 507, nothing that was promised is lost, reading goes on, and as soon
// as there is room again, so does sending. A crash changes none of it.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := mountSmall(t, "8m")
	fillers := []string{filepath.Join(disk.dir, "filler1"), filepath.Join(disk.dir, "filler2")}
	for _, f := range fillers {
		disk.run(t, "dd", "if=/dev/zero", "of="+f, "bs=1024", "count=2048", "status=none")
	}
	p := launch(t, disk.dir, disk.within)
	p.ready(t)

	kept := fill(t, p, nil)
	if len(kept) < 10 {
		t.Fatalf("the disk was full after %d sends: it is too small to show anything", len(kept))
	}
	holds(t, p, kept, "on the full disk")
	if status, text, err := p.call(t.Context(), http.MethodGet, "/healthz", "", nil); err != nil || status != http.StatusOK {
		t.Errorf("healthz on the full disk: %d %s %v", status, text, err)
	}

	p.kill(t)
	disk.run(t, "rm", fillers[0])
	p = launch(t, disk.dir, disk.within)
	p.ready(t)
	holds(t, p, kept, "after a crash on the full disk")
	kept = fill(t, p, kept)
	holds(t, p, kept, "on the disk filled again")

	// Room comes back while it runs.
	disk.run(t, "rm", fillers[1])
	for range 20 {
		title := fmt.Sprintf("send %d", len(kept)+1)
		send(t, p, title, http.StatusCreated)
		kept = append(kept, title)
	}
	holds(t, p, kept, "with room again")
	p.kill(t)
	p = launch(t, disk.dir, disk.within)
	p.ready(t)
	holds(t, p, kept, "after the last crash")
}

// fill sends until twenty in a row find no room: every answer is a 201 or a 507.
func fill(t *testing.T, p *process, kept []string) []string {
	t.Helper()
	full := 0
	for full < 20 {
		title := fmt.Sprintf("send %d", len(kept)+1)
		status, text := trySend(t, p, title, 20_000)
		switch status {
		case http.StatusCreated:
			kept = append(kept, title)
			full = 0
		case http.StatusInsufficientStorage:
			full++
			var problem struct {
				Title, Detail string
				Status        int
			}
			if err := json.Unmarshal(text, &problem); err != nil || problem.Status != status || problem.Title == "" || strings.Contains(problem.Detail, "SQL") {
				t.Fatalf("the problem does not say what it should: %s", text)
			}
		default:
			t.Fatalf("send %q on a disk that fills: %d %s\n%s", title, status, text, p.Output)
		}
		if len(kept) > 10_000 {
			t.Fatal("the disk does not fill")
		}
	}
	return kept
}

// holds checks that exactly these are in the list, newest first, and counted.
func holds(t *testing.T, p *process, kept []string, when string) {
	t.Helper()
	box := newPerson("1").inbox(t.Context(), t, p)
	for i, r := range box.rows {
		if j := len(kept) - 1 - i; j < 0 || r.Title != kept[j] {
			t.Fatalf("%s: at place %d of %d is %q, and %d were kept", when, i, len(box.rows), r.Title, len(kept))
		}
	}
	want := badge{int64(len(kept)), int64(len(kept))}
	if len(box.rows) != len(kept) || box.badge != want || box.asked != want {
		t.Errorf("%s: %d rows, counts %+v and %+v, and %d were kept", when, len(box.rows), box.badge, box.asked, len(kept))
	}
}

// trySend sends one notification with a body of some length to person 1.
func trySend(t *testing.T, p *process, title string, length int) (status int, text []byte) {
	t.Helper()
	body := must(json.Marshal(map[string]any{
		"to": "1", "category": "crash.test", "title": title, "body": string(bytes.Repeat([]byte("x"), length)),
	}))
	status, text, err := p.call(t.Context(), http.MethodPost, sendPath, apiKey, body)
	if err != nil {
		t.Fatalf("send %q: %v\n%s", title, err, p.Output)
	}
	return status, text
}

func send(t *testing.T, p *process, title string, want int) {
	t.Helper()
	if status, text := trySend(t, p, title, 10); status != want {
		t.Fatalf("send %q: got %d %s, want %d\n%s", title, status, text, want, p.Output)
	}
}
