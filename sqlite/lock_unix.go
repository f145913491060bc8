//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// lockFile uses flock, not fcntl: an fcntl lock is lost as soon as the process closes any descriptor of the file.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

func unlockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
