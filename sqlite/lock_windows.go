package sqlite

import (
	"os"

	"golang.org/x/sys/windows"
)

// pidEnd lies beyond the pid: Windows keeps others from reading what is locked.
const pidEnd = 1 << 30

func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: pidEnd})
}

func unlockFile(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &windows.Overlapped{Offset: pidEnd})
}
