//go:build unix

package pgtest

import (
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

// A Server is a running PostgreSQL with one role, `tester`, who may do everything and needs no password.
type Server struct {
	Port int

	dir    string              // its temporary directory
	who    *syscall.Credential // nil: ourselves
	bin    string
	within []string // words before its programs; see StartSmall

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{}
	options []string
}

// patience is how long a start or a stop may take; it ends a test that hangs.
const patience = 60 * time.Second

// Open starts a server with settings like "max_connections=50", for several tests. Close stops it.
//
// It does not sync to disk unless a setting says "fsync=on": what is tested is the program, not the machine. Use
// [Server.Kill] only with it.
func Open(settings ...string) (_ *Server, err error) {
	s, err := newServer(settings)
	if err != nil {
		return nil, err
	}
	return s, s.begin()
}

func newServer(settings []string) (_ *Server, err error) {
	s := &Server{options: []string{"fsync=off", "full_page_writes=off", "max_connections=200", "listen_addresses=127.0.0.1", "unix_socket_directories="}}
	s.options = append(s.options, settings...)
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.who, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "belfry-pg-"); err != nil {
		return nil, err
	}
	return s, s.own(s.dir)
}

// own gives a file to whom the server runs as.
func (s *Server) own(path string) error {
	if s.who == nil {
		return nil
	}
	return os.Chown(path, int(s.who.Uid), int(s.who.Gid))
}

// begin makes the data and starts the server.
func (s *Server) begin() error {
	init := s.program("initdb", "-D", s.data(), "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	if out, err := init.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(s.dir))
	}
	return s.start()
}

// start starts the server on a free port.
func (s *Server) start() (err error) {
	for range attempts {
		if s.Port, err = freePort(); err == nil {
			err = s.Run()
		}
		if err == nil {
			return nil
		}
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// attempts is how many ports are tried: one that was free may be taken a moment later.
const attempts = 5

// Installed returns nil where a server can be started, and else an error that says what is missing.
func Installed() error {
	_, err := programs()
	return err
}

// programs finds where the server's programs are: Debian keeps each version's apart.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("PostgreSQL is not installed (Debian: postgresql); .ci/setup does it: %w", err)
	}
	return filepath.Dir(path), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // of what has no number, 0
	return n
}

func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("the user postgres has the numbers %q and %q", u.Uid, u.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// freePort returns a port that was free a moment ago. The server has no way to choose one itself.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) program(name string, args ...string) *exec.Cmd {
	words := append(append(slices.Clone(s.within), filepath.Join(s.bin, name)), args...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	// A group of its own: what a terminal sends to the tests is not for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash(cmd.SysProcAttr)
	if len(s.within) == 0 { // else these words do it, for they must not do it before they have entered
		cmd.SysProcAttr.Credential = s.who
	}
	return cmd
}

// Run starts a server that was stopped, on the port that it had, and returns when it answers.
func (s *Server) Run() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.Port)}
	for _, o := range s.options {
		args = append(args, "-c", o)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own handle
	s.cmd, s.exited = s.program("postgres", args...), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // how it ended is told by its log
		close(exited)
	}(s.cmd, s.exited)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if s.program("pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port)).Run() == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("PostgreSQL ended at its start:\n%s", s.log())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer within %v:\n%s", patience, s.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) log() []byte {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return b[max(0, len(b)-4096):]
}

// Stop ends the server in an orderly way ("fast": transactions under way are rolled back), and waits for it.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Kill ends the server as a crash would ("immediate"), and waits for it.
func (s *Server) Kill() error { return s.end(syscall.SIGQUIT) }

func (s *Server) end(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return nil
	}
	select {
	case <-s.exited:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("PostgreSQL does not end within %v:\n%s", patience, s.log())
	}
}

// Close stops the server and removes all that it kept.
func (s *Server) Close() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return os.RemoveAll(s.dir)
}

// URL returns the address of a database of the server; `postgres` is there from the start.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://tester@127.0.0.1:%d/%s?sslmode=disable", s.Port, database)
}

// Admit lets in, without a password, whoever comes from a network ("198.18.0.0/15"), beside this machine's own loopback. That it
// listens there is a setting: "listen_addresses=127.0.0.1,198.18.0.1".
func (s *Server) Admit(network string) error {
	rules, err := os.OpenFile(filepath.Join(s.data(), "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(rules, "host all all %s trust\n", network)
	if err := errors.Join(err, rules.Close()); err != nil {
		return err
	}
	_, err = s.SQL("postgres", "SELECT pg_reload_conf()")
	return err
}

// SQL runs statements in a database, and returns what psql prints of the last.
func (s *Server) SQL(database string, statements ...string) (string, error) {
	args := []string{"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", s.URL(database)}
	for _, statement := range statements {
		args = append(args, "-c", statement)
	}
	out, err := s.program("psql", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, out)
	}
	return string(out), nil
}

// Start starts a server as [Open] does, for one test or benchmark, with which it ends.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := Open(settings...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

// CreateDatabase makes an empty database.
func (s *Server) CreateDatabase(t testing.TB, name string) {
	t.Helper()
	if _, err := s.SQL("postgres", `CREATE DATABASE "`+name+`"`); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}
