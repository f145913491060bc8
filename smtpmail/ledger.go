package smtpmail

import (
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// window is how long a mail counts. Gmail says "in a rolling 24 hours"; the minute on top is because the store notes a mail
// some seconds before the server counts it, and one mail too early costs an hour's pause.
const window = 24*time.Hour + time.Minute

// A ledger knows how many mails an account has sent in the window. It is what the store said, and what went since.
type ledger struct {
	quota   int // 0: none
	reserve int // of it, not for bulk
	times   []time.Time
	read    time.Time // when the store was asked
}

// load replaces what the store knows; what went in the last moments may not be settled there yet.
func (l *ledger) load(times []time.Time, now time.Time) {
	fresh := slices.DeleteFunc(l.times, func(t time.Time) bool { return t.Before(now.Add(-unsettled)) })
	old := slices.DeleteFunc(slices.Clone(times), func(t time.Time) bool { return !t.Before(now.Add(-unsettled)) })
	if n := len(times) - len(old); n > len(fresh) {
		fresh = times[len(old):]
	}
	l.times, l.read = append(old, fresh...), now
}

// unsettled is how long a mail may be sent before the store knows.
const unsettled = 10 * time.Second

func (l *ledger) add(t time.Time) {
	if l.quota > 0 {
		l.times = append(l.times, t)
	}
}

// used returns how many mails are in the window.
func (l *ledger) used(now time.Time) int {
	i := 0
	for i < len(l.times) && !l.times[i].After(now.Add(-window)) {
		i++
	}
	l.times = l.times[i:]
	return len(l.times)
}

// free reports whether one more mail of a class may go now, else from when on.
func (l *ledger) free(now time.Time, class belfry.MailClass) (ok bool, from time.Time) {
	if l.quota == 0 {
		return true, now
	}
	limit := l.limit(class)
	used := l.used(now)
	if used < limit {
		return true, now
	}
	if limit <= 0 {
		return false, now.Add(window)
	}
	return false, l.times[used-limit].Add(window)
}

// limit is how many mails may be in the window when one of a class goes, that one included.
func (l *ledger) limit(class belfry.MailClass) int {
	if class == belfry.Bulk {
		return l.quota - l.reserve
	}
	return l.quota
}

// left is what an operator wants to know: -1 is no limit.
func (l *ledger) left(now time.Time) int {
	if l.quota == 0 {
		return -1
	}
	return max(l.quota-l.used(now), 0)
}
