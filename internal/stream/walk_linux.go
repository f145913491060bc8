package stream

// A walk goes round all the places of a list, a few at a time, so that others have their turn between. It goes on where the
// one before stopped: were each to begin at the front, the last would never be reached while broadcasts come quickly.
type walk struct {
	at   int
	left int // how many places it has still to look at
}

// begin has every one of n places looked at from now on.
func (w *walk) begin(n int) { w.left = n }

// grow is told that the list has grown by a place. Whoever comes new need not be looked at, but those whose turn is yet to
// come have moved further away.
func (w *walk) grow() {
	if w.left > 0 {
		w.left++
	}
}

// next returns the next of n places, or false at the end of the walk.
func (w *walk) next(n int) (int, bool) {
	if w.left == 0 {
		return 0, false
	}
	w.left--
	if w.at++; w.at >= n {
		w.at = 0
	}
	return w.at, true
}
