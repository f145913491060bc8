package stream

import "time"

// HoleWait is how long a hole may stand.
const HoleWait = holeWait

// SetPatience makes a test of readers that take nothing a short one. Before the first stream.
func (h *Hub) SetPatience(write, leave time.Duration) { h.patience = patience{write, leave} }

// Held returns how much is held in memory for a person's connections.
func (h *Hub) Held(user string) (frames, size int) {
	t := h.topic(user)
	if t == nil {
		return 0, 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.log.frames), t.log.bytes
}
