package stream

// bufferMax is the size above which a buffer is not kept for others.
const bufferMax = 64 << 10

// borrow returns a buffer to compose into.
func (h *Hub) borrow() *[]byte {
	b, _ := h.buffers.Get().(*[]byte)
	return b
}

// giveBack keeps a buffer for others. Nobody may use what was in it any more.
func (h *Hub) giveBack(b *[]byte) {
	if b != nil && cap(*b) <= bufferMax {
		h.buffers.Put(b)
	}
}
