package limit

import (
	"fmt"
	"time"
)

// A Rate is how often something may happen: Count times in each Per, evenly, and Burst times at once after a quiet time.
// The zero Rate is no bound.
type Rate struct {
	Count int
	Per   time.Duration
	Burst int // at least 1; 0: Count
}

// bounded reports whether the rate bounds anything.
func (r Rate) bounded() bool { return r.Count > 0 && r.Per > 0 }

// maxTime bounds what a rate reckons with, so that no sum of times overflows.
const maxTime = 24 * time.Hour

func (r Rate) check() error {
	switch {
	case r == Rate{}:
		return nil
	case r.Count <= 0 || r.Burst < 0 || r.Per <= 0 || r.Per > maxTime:
		return fmt.Errorf("%d in %v with a burst of %d is no rate: it takes a number above 0 in at most %v", r.Count, r.Per, r.Burst, maxTime)
	case r.each() <= 0:
		return fmt.Errorf("%d in %v are more than one a nanosecond", r.Count, r.Per)
	case time.Duration(max(r.Burst, r.Count)) > maxTime/r.each():
		return fmt.Errorf("a burst of %d at %d in %v takes longer than %v to come back", r.Burst, r.Count, r.Per, maxTime)
	}
	return nil
}

// each is the time in which one comes back.
func (r Rate) each() time.Duration { return r.Per / time.Duration(r.Count) }
