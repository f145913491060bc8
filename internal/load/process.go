package load

import "time"

// processes are the server's, by their ids; none when they cannot be looked at.
type processes []int

// A usage is what processes have used so far.
type usage struct {
	cpu      time.Duration // user and system, of all threads
	resident int64         // bytes; what is shared is counted in parts
}

// since returns the processor time used since an earlier look.
func (p processes) since(before usage) time.Duration { return p.use().cpu - before.cpu }
