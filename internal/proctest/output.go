//go:build unix

package proctest

import (
	"bytes"
	"strings"
	"sync"
)

// How much of an output is kept, and how much of that is shown.
const (
	kept  = 1 << 20 // bytes
	shown = 40      // lines
)

// An Output is the end of what a program wrote, an io.Writer. Safe for use by several goroutines at once. Make one with [NewOutput].
type Output struct {
	mu    sync.Mutex
	text  []byte
	wrote chan struct{} // has a value when something came since it was taken
}

// NewOutput returns an empty Output.
func NewOutput() *Output { return &Output{wrote: make(chan struct{}, 1)} }

// Write implements [io.Writer].
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	o.text = o.text[max(0, len(o.text)-kept):]
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

// Grown receives a value after something was written. One receiver at a time hears it.
func (o *Output) Grown() <-chan struct{} { return o.wrote }

// Whole returns all that is kept: the last MiB.
func (o *Output) Whole() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text)
}

// String returns the last 40 lines of it.
func (o *Output) String() string {
	lines := strings.SplitAfter(string(o.Whole()), "\n")
	return strings.Join(lines[max(0, len(lines)-shown-1):], "")
}
