package pgtest

import "syscall"

// leash ends a program with the tests that started it, also when these are killed and clean nothing up.
func leash(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
