package stream

import "sync"

// oneByOne lets one at a time do something for a person.
type oneByOne struct {
	mu  sync.Mutex
	all map[string]*single
}

type single struct {
	mu      sync.Mutex
	waiting int // and under way
}

// take waits for a person's turn; leave ends it.
func (t *oneByOne) take(user string) (leave func()) {
	t.mu.Lock()
	one := t.all[user]
	if one == nil {
		one = new(single)
		if t.all == nil {
			t.all = map[string]*single{}
		}
		t.all[user] = one
	}
	one.waiting++
	t.mu.Unlock()
	one.mu.Lock()
	return func() {
		one.mu.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.waiting--; one.waiting == 0 {
			delete(t.all, user)
		}
	}
}
