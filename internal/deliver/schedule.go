package deliver

import (
	"time"

	"github.com/belfryhq/belfry"
)

// shortest is the least time between two attempts at a mail, whatever a server or a carrier says.
const shortest = time.Second

// rests lie between one try at a mail and the next; the last one repeats.
func rests() []time.Duration {
	return []time.Duration{
		10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	}
}

// uncountedRest is the longest time to the next attempt after those that do not count: what is the matter then concerns all
// mail, and is over for all at once.
const uncountedRest = 15 * time.Minute

// rest returns how long a mail waits after its attempt number n, from 1 on, with full jitter: many mails that failed together
// come back apart.
func (w *Worker) rest(n int) time.Duration {
	all := rests()
	longest := all[min(max(n, 1), len(all))-1]
	return max(shortest, time.Duration(w.Random()*float64(longest)))
}

// next says when a mail that was not accepted is tried again. It never lies behind the end of the mail's time: there the mail
// is claimed once more, to be given up.
func (w *Worker) next(m *belfry.Mail, o *belfry.Outcome, now time.Time) time.Time {
	var at time.Time
	switch {
	case o.Counts:
		at = now.Add(w.rest(m.Delivery.Tries + 1))
	case !o.NotBefore.IsZero():
		at = now.Add(shortest)
	default:
		at = now.Add(min(w.rest(len(m.Delivery.Attempts)+1), uncountedRest))
	}
	return earlier(later(at, o.NotBefore), m.Plan.GiveUpAt)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier returns the earlier of two times, where the second may be none.
func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
