package load

import (
	"math/bits"
	"time"
)

// latencies counts times in buckets that grow with what they hold: 32 for each doubling, which is 3 % of exactness in
// constant memory. The zero value is ready.
type latencies struct {
	counts [64 * fine]int64
	n      int64
	max    time.Duration
}

const (
	fineBits = 5
	fine     = 1 << fineBits
)

func (l *latencies) add(d time.Duration) {
	d = max(d, 0)
	l.counts[bucketOf(d)]++
	l.n++
	l.max = max(l.max, d)
}

func bucketOf(d time.Duration) int {
	if d < fine {
		return int(d)
	}
	shift := bits.Len64(uint64(d)) - fineBits - 1
	return shift<<fineBits + int(uint64(d)>>shift)
}

// ceilingOf is the largest time in a bucket.
func ceilingOf(i int) time.Duration {
	if i < 2*fine {
		return time.Duration(i)
	}
	shift := i>>fineBits - 1
	return time.Duration(((uint64(i&(fine-1))+fine)+1)<<shift - 1)
}

// quantile returns the time that a share of q took at most.
func (l *latencies) quantile(q float64) time.Duration {
	rank, seen := int64(q*float64(l.n)), int64(0)
	for i, c := range l.counts {
		if seen += c; c > 0 && seen > rank {
			return min(ceilingOf(i), l.max)
		}
	}
	return l.max
}

// Latency says how long deliveries took, from just before the request that sent to the arrival. All times are milliseconds.
type Latency struct {
	P50       float64  `json:"p50_ms"`
	P90       float64  `json:"p90_ms"`
	P99       float64  `json:"p99_ms"`
	Max       float64  `json:"max_ms"`
	Histogram []Bucket `json:"histogram"` // in rising order, from the first to the last that is not empty
}

// A Bucket counts what took longer than the bucket before and at most UpTo milliseconds.
type Bucket struct {
	UpTo  float64 `json:"up_to_ms"`
	Count int64   `json:"count"`
}

// firstEdge is where the first bucket of a histogram ends; each further one is twice as wide.
const firstEdge = time.Second / 16000

// summary returns nil when nothing was counted.
func (l *latencies) summary() *Latency {
	if l.n == 0 {
		return nil
	}
	s := &Latency{P50: ms(l.quantile(0.5)), P90: ms(l.quantile(0.9)), P99: ms(l.quantile(0.99)), Max: ms(l.max)}
	edge := firstEdge
	for i, c := range l.counts {
		if c == 0 {
			continue
		}
		for min(ceilingOf(i), l.max) > edge {
			if edge *= 2; len(s.Histogram) > 0 {
				s.Histogram = append(s.Histogram, Bucket{UpTo: ms(edge)})
			}
		}
		if len(s.Histogram) == 0 {
			s.Histogram = append(s.Histogram, Bucket{UpTo: ms(edge)})
		}
		s.Histogram[len(s.Histogram)-1].Count += c
	}
	return s
}

func ms(d time.Duration) float64 { return round(float64(d)/float64(time.Millisecond), 3) }
