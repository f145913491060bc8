//go:build unix

package proctest

import (
	"errors"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that should take a moment; it ends a test that hangs.
const patience = 60 * time.Second

// linger is how long a program that has ended is taken for running because what it has started writes on.
const linger = time.Second

// A Process is a program that runs, at the longest until its test ends.
type Process struct {
	Cmd    *exec.Cmd // its ProcessState is there when it has ended
	Output *Output   // what it says, on both streams

	exited chan struct{}
}

// Start starts a program, in a process group of its own: whatever it has started ends with it, and what a terminal sends to the tests is
// not for it.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, Output: NewOutput(), exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	cmd.WaitDelay = linger
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // the state is read from the command
		close(p.exited)
	}()
	t.Cleanup(func() { p.Kill(t) })
	return p
}

// Exited is closed when it has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Signal sends it a signal; that it has ended already fails the test.
func (p *Process) Signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		t.Fatalf("%v to %s: %v\n%s", s, p.Cmd, err, p.Output)
	}
}

// Wait waits for the end and returns the exit status, -1 after a signal.
func (p *Process) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("%s did not end in %v\n%s", p.Cmd, patience, p.Output)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Kill ends it and its group at once, if they have not ended, and waits until it is gone.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	if err := syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("kill %s: %v", p.Cmd, err)
	}
	p.Wait(t)
}

// Stop asks it to end and waits until it is gone; then its group is ended.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	_ = p.Cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	p.Wait(t)
	p.Kill(t)
}

// Says waits until it has said what matches, and returns the last group.
func (p *Process) Says(t testing.TB, what *regexp.Regexp) string {
	t.Helper()
	stuck := time.After(patience)
	for ended := false; ; {
		if found := what.FindSubmatch(p.Output.Whole()); found != nil {
			return string(found[len(found)-1])
		}
		if ended {
			t.Fatalf("%s ended: %s\n%s", p.Cmd, p.Cmd.ProcessState, p.Output)
		}
		select {
		case <-p.Output.Grown():
		case <-p.exited: // what it said last is there now
			ended = true
		case <-stuck:
			t.Fatalf("%s did not say %s in %v:\n%s", p.Cmd, what, patience, p.Output)
		}
	}
}
