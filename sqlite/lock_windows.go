package sqlite

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a byte beyond the pid, because Windows keeps others from reading what is locked.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: 1 << 30})
}
