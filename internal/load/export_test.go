package load

import "time"

// A Found is a stamp that a tap has found.
type Found struct {
	Lane   int
	Number uint32
}

// Tap feeds pieces of an answer to a tap, and returns what it found.
func Tap(pieces ...[]byte) (found []Found, up bool, err error) {
	var t tap
	for _, p := range pieces {
		u, err := t.feed(p, func(s stamp) { found = append(found, Found{s.lane, s.number}) })
		if up = up || u; err != nil {
			return found, up, err
		}
	}
	return found, up, nil
}

// Payload returns a stamped payload.
func Payload(size, lane int, number uint32) []byte {
	return payload(size, stamp{lane, number, time.Now().UnixNano()})
}

// Summarize returns the summary of times.
func Summarize(times ...time.Duration) *Latency {
	var l latencies
	for _, d := range times {
		l.add(d)
	}
	return l.summary()
}
