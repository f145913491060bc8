package pgtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// StartSmall starts a server as [Start] does, beside whose data lies a disk of a size like "16m" that nobody but the server sees:
// the tablespace `small` is there. Fill takes room from it.
//
// Nothing is left of the disk however the test ends. A kernel that lets nobody but root mount, and a test that is not root, is
// a failure: what a full disk does must not go untested.
func StartSmall(t testing.TB, size string, settings ...string) *Server {
	t.Helper()
	s, err := newServer(settings)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if err := os.Mkdir(s.small(), 0o700); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	s.within = s.mount(t, size)
	if err := s.begin(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	if _, err := s.SQL("postgres", `CREATE TABLESPACE small LOCATION '`+s.small()+`/space'`); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

func (s *Server) small() string { return filepath.Join(s.dir, "small") }

// mount mounts the disk where only processes see it that begin with the words returned.
func (s *Server) mount(t testing.TB, size string) (words []string) {
	t.Helper()
	flags := []string{"--mount"}
	owner := "0:0" // in a namespace of its own that is whoever runs the test
	if s.who == nil {
		flags = append(flags, "--user", "--map-root-user")
	} else {
		owner = fmt.Sprintf("%d:%d", s.who.Uid, s.who.Gid)
	}
	const script = `mount -t tmpfs -o size="$2",mode=0777 belfry "$1" && mkdir "$1/space" && chown "$3" "$1/space" && echo mounted && exec cat`
	holder := exec.Command("unshare", append(flags, "sh", "-c", script, "sh", s.small(), size, owner)...)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var failure strings.Builder
	holder.Stderr = &failure
	if err := holder.Start(); err != nil {
		t.Fatalf("pgtest: unshare: %v (it is part of util-linux)", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // ends the holder, and with it the mount
		_ = holder.Wait() // what it had to say was said at the start
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "mounted\n" {
		_ = holder.Wait()
		t.Fatalf("pgtest: mount a small disk: %v: %s\nrun the tests as root, or allow user namespaces (sysctl user.max_user_namespaces)", err, failure.String())
	}
	words = []string{"nsenter", "--target=" + strconv.Itoa(holder.Process.Pid), "--mount"}
	if s.who != nil {
		return append(words, fmt.Sprintf("--setuid=%d", s.who.Uid), fmt.Sprintf("--setgid=%d", s.who.Gid), "--")
	}
	// Within, we are root; PostgreSQL refuses to be, so it runs in one more namespace, as somebody else by name.
	return append(words, "--user", "--preserve-credentials", "--", "unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
}

// Fill takes the room of so many megabytes on the small disk, or gives it back: 0.
func (s *Server) Fill(megabytes int) error {
	_, err := s.SQL("postgres", fmt.Sprintf(`COPY (SELECT repeat('x', 1048575) FROM generate_series(1, %d)) TO '%s/filler'`, megabytes, s.small()))
	return err
}
