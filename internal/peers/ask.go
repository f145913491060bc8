package peers

import (
	"context"
	"time"
)

// A question is one that is being asked.
type question struct {
	missing map[string]bool // the nodes that are known and have not answered
	wait    map[string]bool // of these, those that are waited for
	parts   map[string][][]byte
	heard   map[string]bool // the nodes that have answered
	answers [][]byte
	done    chan struct{} // closed when nobody is waited for
}

// Ask asks all other nodes and returns their answers, in no order. whole: all that are known have answered. Without others,
// it returns at once.
func (c *Circle) Ask(ctx context.Context, what string, body []byte) (answers [][]byte, whole bool) {
	q, id := c.open()
	sent := c.tell("", &message{Kind: ask, ID: id, What: what, Body: body})
	if sent {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-q.done:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	whole = c.close(id, q, ctx.Err() == nil) // first: from then on no more answers come in
	return q.answers, whole && sent
}

// open notes a question, and who is waited for.
func (c *Circle) open() (*question, uint64) {
	q := &question{missing: map[string]bool{}, wait: map[string]bool{}, parts: map[string][][]byte{}, heard: map[string]bool{}, done: make(chan struct{})}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, n := range c.nodes {
		q.missing[id] = true
		if n.present(now) && !n.silent {
			q.wait[id] = true
		}
	}
	if len(q.wait) == 0 {
		close(q.done)
	}
	c.last++
	c.asked++
	c.pending[c.last] = q
	return q, c.last
}

// close ends a question, and reports whether all known nodes have answered. patient: they had their time.
func (c *Circle) close(id uint64, q *question, patient bool) (whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
	for id := range q.wait {
		if n := c.nodes[id]; n != nil && patient {
			n.silent = true
			c.late++
		}
	}
	return len(q.missing) == 0
}

// excuse waits for a node no longer: it has answered, or has gone.
func (q *question) excuse(node string) {
	delete(q.missing, node)
	if !q.wait[node] {
		return
	}
	if delete(q.wait, node); len(q.wait) == 0 {
		close(q.done)
	}
}

// take takes a part of an answer in.
func (c *Circle) take(from string, m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.nodes[from]; n != nil {
		n.heard, n.silent = time.Now(), false
	}
	q := c.pending[m.ID]
	if q == nil || q.heard[from] || m.Parts < 1 || m.Parts > maxParts || m.Part < 0 || m.Part >= m.Parts {
		return
	}
	parts := q.parts[from]
	if parts == nil {
		parts = make([][]byte, m.Parts)
		q.parts[from] = parts
	}
	if len(parts) != m.Parts {
		return
	}
	if parts[m.Part] = m.Body; m.Body == nil {
		parts[m.Part] = []byte{} // it has come, and is empty
	}
	var body []byte
	for _, p := range parts {
		if p == nil {
			return
		}
		body = append(body, p...)
	}
	q.answers, q.heard[from] = append(q.answers, body), true
	q.excuse(from)
}

// Others returns how many other nodes are there.
func (c *Circle) Others() (n int) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.nodes {
		if other.present(now) {
			n++
		}
	}
	return n
}

// Stats are plain numbers for metrics. Asked and Late count from the start.
type Stats struct {
	Nodes   int64 // that are there, this one included
	Missing int64 // that have vanished lately without a goodbye
	Streams int64 // on all nodes that are there, as they said last
	Asked   int64 // questions
	Late    int64 // answers that did not come in time
}

// Stats returns the numbers as this node knows them.
func (c *Circle) Stats() Stats {
	now := time.Now()
	c.mu.Lock()
	s := Stats{Nodes: 1, Asked: c.asked, Late: c.late}
	for _, n := range c.nodes {
		if n.present(now) {
			s.Nodes++
			s.Streams += n.streams
		} else {
			s.Missing++
		}
	}
	c.mu.Unlock()
	s.Streams += c.Streams()
	return s
}
