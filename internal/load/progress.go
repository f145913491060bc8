package load

import (
	"sync"
	"time"
)

// A meter tells how far the current phase is.
type meter struct {
	tell func(phase string, done, total int64)
	mu   sync.Mutex
	name string
	all  int64
	done func() int64
	stop chan struct{}
	over sync.WaitGroup
}

// telling is how often.
const telling = 100 * time.Millisecond

func newMeter(tell func(string, int64, int64)) *meter {
	m := &meter{tell: tell, stop: make(chan struct{})}
	if tell != nil {
		m.over.Go(m.run)
	}
	return m
}

// phase begins a phase; done is asked from another goroutine.
func (m *meter) phase(name string, total int64, done func() int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.all, m.done = name, total, done
}

func (m *meter) run() {
	tick := time.NewTicker(telling)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.mu.Lock()
			name, all, done := m.name, m.all, m.done
			m.mu.Unlock()
			if done != nil {
				m.tell(name, done(), all)
			}
		case <-m.stop:
			return
		}
	}
}

// close returns when nothing is told any more.
func (m *meter) close() {
	close(m.stop)
	m.over.Wait()
}
