package smtpmail

import "time"

// A bucket bounds the rate of an account: so many at once, then one each 1/rate seconds.
type bucket struct {
	rate   float64 // a second; 0: no limit
	burst  float64
	tokens float64
	last   time.Time
	slow   time.Time // until then a tenth of the rate
}

// throttled is the rate of an account without one, when its server finds it too fast: a tenth of this.
const throttled = 1.0

func (b *bucket) now(now time.Time) (rate, burst float64) {
	if !now.Before(b.slow) {
		return b.rate, b.burst
	}
	if b.rate == 0 {
		return throttled / 10, 1
	}
	return b.rate / 10, 1
}

func (b *bucket) fill(now time.Time) {
	rate, burst := b.now(now)
	if b.last.IsZero() {
		b.tokens = burst
	} else if d := now.Sub(b.last); d > 0 {
		b.tokens += d.Seconds() * rate
	}
	b.tokens = min(b.tokens, burst)
	b.last = now
}

// wait returns how long it is until a mail may go; 0: now.
func (b *bucket) wait(now time.Time) time.Duration {
	rate, _ := b.now(now)
	if rate == 0 {
		return 0
	}
	b.fill(now)
	if b.tokens >= 1-1e-9 {
		return 0
	}
	return time.Duration((1-b.tokens)/rate*float64(time.Second)).Truncate(time.Microsecond) + time.Microsecond
}

// take notes that a mail goes.
func (b *bucket) take(now time.Time) {
	if rate, _ := b.now(now); rate > 0 {
		b.fill(now)
		b.tokens--
	}
}
