package api_test

import (
	"io"
	"slices"
	"sync"
	"time"
)

// A syncWriter lets the server's goroutines write one log.
type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

type observation struct {
	method, route string
	status        int
}

// observations keeps what the API said of its requests.
type observations struct {
	mu  sync.Mutex
	all []observation
}

func (o *observations) add(method, route string, status int, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, observation{method, route, status})
}

func (o *observations) list() []observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}
