package main

import (
	"runtime/debug"
	"time"
)

const (
	settleLook = 250 * time.Millisecond // between looks at how many streams have begun
	settleSize = 1000                   // streams that make a storm: some megabytes of what beginning them left behind
)

// giveBack returns to the system what a storm of connections has left on the heap, once it is over, until done is closed. The
// runtime would keep it for minutes: it collects when memory is asked for, and streams that are silent ask for none.
func (s *service) giveBack(done <-chan struct{}) {
	ticker := time.NewTicker(settleLook)
	defer ticker.Stop()
	for last, kept := int64(0), int64(0); ; {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		_, begun := s.server.Streams()
		if begun == last && begun-kept >= settleSize {
			debug.FreeOSMemory()
			kept = begun
		}
		last = begun
	}
}
