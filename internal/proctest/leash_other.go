//go:build unix && !linux

package proctest

import "syscall"

// leash does nothing: here a program stays when its tests are killed.
func leash(*syscall.SysProcAttr) {}
