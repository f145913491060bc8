package sqlite

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// A lock is the sign that a process has a database open: a file beside it that the process holds locked, with its pid.
// The operating system takes the lock away from a process that ends, however it ends; the file itself stays, because
// removing it would let two processes hold two files of one name.
type lock struct{ f *os.File }

// inUse is a lock that another process has.
type inUse struct{ error }

func (e inUse) Unwrap() error { return e.error }

// acquire takes the lock of a database, or says who has it.
func acquire(path string) (*lock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explain(err)
	}
	if err := lockFile(f); err != nil {
		owner := "another process"
		if pid, e := os.ReadFile(path + ".lock"); e == nil && len(pid) > 0 {
			owner = "process " + strings.TrimSpace(string(pid))
		}
		return nil, errors.Join(inUse{fmt.Errorf("%s has it open (%w): stop that process, or name another file", owner, err)}, f.Close())
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", f.Name(), err), f.Close())
	}
	return &lock{f}, nil
}

// release gives the lock back; that of nobody is none. It does not rely on closing the file alone: a process that is just
// being started from this one has it open too, for a moment.
func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return errors.Join(unlockFile(l.f), l.f.Close())
}
