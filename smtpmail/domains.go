package smtpmail

import (
	"fmt"
	"sync"
	"time"
)

// domains remembers which domains of senders the servers do not believe, until their DNS may have been mended. It is of
// this process alone: after a restart one mail asks again.
type domains struct {
	mu  sync.Mutex
	all map[string]*domainPark
}

type domainPark struct {
	until   time.Time
	why     string
	strikes int
}

func (d *domains) seen(domain string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.get(domain)
}

func (d *domains) get(domain string) *domainPark {
	if d.all == nil {
		d.all = map[string]*domainPark{}
	}
	p := d.all[domain]
	if p == nil {
		p = &domainPark{}
		d.all[domain] = p
	}
	return p
}

func (d *domains) clear(domain string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*d.get(domain) = domainPark{}
}

func (d *domains) park(domain string, pause Pause, why string, now time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.get(domain)
	if now.Before(p.until) { // mails that were under way together are one failure
		return p.until
	}
	p.until = now.Add(pause.length(p.strikes, 0))
	p.strikes++
	p.why = fmt.Sprintf("Mail from %s waits: %s", domain, why)
	return p.until
}

// parked returns until when a domain waits, and why; why is empty when it does not.
func (d *domains) parked(domain string, now time.Time) (until time.Time, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.all[domain]; p != nil && now.Before(p.until) {
		return p.until, p.why
	}
	return time.Time{}, ""
}

// allParked is parked for all domains from which mail was sent: the next mail is from one of them.
func (d *domains) allParked(now time.Time) (until time.Time, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.all {
		if !now.Before(p.until) {
			return time.Time{}, ""
		}
		if why == "" || p.until.Before(until) {
			until, why = p.until, p.why
		}
	}
	return until, why
}

// fullBoxes remembers which mailboxes were full for good, for the second time within seven days. It is of this process
// alone: a restart costs one more mail to a full box.
type fullBoxes struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const (
	fullWithin   = 7 * 24 * time.Hour
	maxFullBoxes = 10_000
)

func (f *fullBoxes) again(to string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil || len(f.last) >= maxFullBoxes {
		f.last = map[string]time.Time{} // forgetting is harmless
	}
	before, ok := f.last[to]
	f.last[to] = now
	return ok && now.Sub(before) <= fullWithin
}
