package stream

import "time"

// A moment is a time of this hub: nanoseconds since shortly before it began, by the monotonic clock. Every connection
// keeps several, and each is a third of a time.Time. The zero moment stands for none.
type moment int64

func (h *Hub) now() moment { return moment(time.Since(h.began)) }

// time is the moment in the world's count.
func (h *Hub) time(m moment) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return h.base.Add(time.Duration(m))
}

func (m moment) add(d time.Duration) moment { return m + moment(d) }

// since is how long after another moment it is.
func (m moment) since(earlier moment) time.Duration { return time.Duration(m - earlier) }
