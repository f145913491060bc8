//go:build unix

// Package pgtest gives a test a PostgreSQL of its own: a real cluster of the version that the machine has, in a folder that goes
// with the test, at a port of the loopback.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 20 * time.Second
	attempts     = 5 // a port that was free may be taken a moment later
)

// A Server is a running cluster with one role, `tester`, who may do everything and needs no password.
type Server struct {
	Port int

	bin, dir string
	as       *syscall.Credential
	log      *lockedBuffer
}

// Start starts a cluster, and stops it when the test ends. The test fails where PostgreSQL is not installed. A failure to start is
// shown with what the server wrote.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{log: &lockedBuffer{}}
	if err := s.create(t); err != nil {
		t.Fatalf("pgtest: make a cluster: %v", err)
	}
	var err error
	for range attempts {
		if err = s.start(t); err == nil {
			return s
		}
	}
	t.Fatalf("pgtest: start the cluster: %v\n%s", err, s.log)
	return nil
}

// URL returns the address of a database of the cluster; `postgres` is there from the start.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://tester@127.0.0.1:%d/%s?sslmode=disable", s.Port, database)
}

// CreateDatabase makes an empty database.
func (s *Server) CreateDatabase(t testing.TB, name string) {
	t.Helper()
	if out, err := s.command(t.Context(), "createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", "tester", name).CombinedOutput(); err != nil {
		t.Fatalf("pgtest: create database %s: %v\n%s", name, err, out)
	}
}

// create runs initdb. The server refuses to run as root, and then runs as postgres, Debian's user for it.
func (s *Server) create(t testing.TB) (err error) {
	if s.bin, err = find(); err != nil {
		return err
	}
	// Not t.TempDir: its parents are closed to other users.
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	if os.Geteuid() == 0 {
		if s.as, err = credential("postgres"); err != nil {
			return err
		}
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	out, err := s.command(t.Context(), "initdb", "-D", s.data(), "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// start starts the server and waits until it answers, or ends.
func (s *Server) start(t testing.TB) error {
	port, err := freePort(t.Context())
	if err != nil {
		return err
	}
	s.Port = port
	// The test's own context ends before its cleanup: the server must outlive it, to be stopped in order.
	server := s.command(context.WithoutCancel(t.Context()), "postgres", "-D", s.data(), "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", s.dir,
		"-c", "fsync=off", "-c", "max_connections=200")
	server.Stdout, server.Stderr = s.log, s.log
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() { stop(t, server.Process, ended) })
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(startTimeout)
	for {
		select {
		case err := <-ended:
			ended <- err
			return errors.Join(errors.New("the server has ended"), err)
		case <-late:
			return errors.New("the server does not answer")
		case <-tick.C:
			if s.command(t.Context(), "pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(port)).Run() == nil {
				return nil
			}
		}
	}
}

// stop ends the server and waits for it: first as its own tools do, which ends its children too (SIGINT is "fast").
func stop(t testing.TB, server *os.Process, ended <-chan error) {
	_ = server.Signal(syscall.SIGINT) // it may have ended
	select {
	case <-ended: //nolint:errcheck // how it ended when it was told to does not matter
	case <-time.After(stopTimeout):
		t.Errorf("pgtest: the server does not stop; it is killed")
		_ = server.Kill()
		<-ended //nolint:errcheck // as above
	}
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	// A group of its own: what a terminal sends to the tests is not for it.
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return c
}

// find returns the folder of the newest version that is installed, as Debian installs it, or that is in the path.
func find() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: run .ci/setup, or apt-get install postgresql")
	}
	return filepath.Dir(path), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // what is no number is the oldest
	return n
}

func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("%v is no TCP address", l.Addr())
	}
	return addr.Port, nil
}

// A lockedBuffer takes what the server writes while the test may read it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements [io.Writer].
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns what was written.
func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
