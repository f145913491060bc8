package stream

import "time"

// A patience is how long a stream is waited for whose reader takes nothing.
type patience struct {
	write time.Duration // for one piece; whoever cannot take it by then is as good as gone
	leave time.Duration // of a parked stream that was told to end: for what is before its last frame, and for that
}

func defaultPatience() patience { return patience{write: 20 * time.Second, leave: time.Second} }
