package deliver

import (
	"strings"
	"sync"
	"time"
)

// people remembers whose mailbox does not take mail at the moment. It lives in memory: after a restart each of them is
// tried once more, which tells nobody anything new.
type people struct {
	mu    sync.Mutex
	known map[string]*person // by address
}

type person struct {
	strikes int
	until   time.Time // nothing is tried before
	reason  string
	probing bool // one mail tries whether it is over
}

// A mailbox is left alone for 5 minutes, then twice as long each time.
const (
	firstRest = 5 * time.Minute
	lastRest  = 24 * time.Hour
	probeRest = time.Minute // for the other mails while one tries
	maxKnown  = 10_000
)

func mailbox(address string) string { return strings.ToLower(address) }

// admit asks whether a mail may be tried now. If not, it waits until a time for a reason; if so, and the mailbox had refused
// before, the others wait until the caller says strike, clear or release.
func (p *people) admit(address string, now time.Time) (until time.Time, reason string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.known[mailbox(address)]
	switch {
	case who == nil:
		return time.Time{}, "", true
	case now.Before(who.until):
		return who.until, who.reason, false
	case who.probing:
		return now.Add(probeRest), who.reason, false
	}
	who.probing = true
	return time.Time{}, "", true
}

// strike notes that the mailbox refused for now, and returns until when it is left alone.
func (p *people) strike(address, reason string, now, notBefore time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.known[mailbox(address)]
	if who == nil {
		p.makeRoom(now)
		who = &person{}
		p.known[mailbox(address)] = who
	}
	who.reason, who.probing = reason, false
	if !now.Before(who.until) { // else it is one of several that were under way together: they count once
		who.until = now.Add(min(firstRest<<min(who.strikes, 16), lastRest))
		who.strikes++
	}
	if notBefore.After(who.until) {
		who.until = notBefore
	}
	return who.until
}

// clear notes that the mailbox took a mail.
func (p *people) clear(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, mailbox(address))
}

// release ends a try that told nothing of the mailbox.
func (p *people) release(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who := p.known[mailbox(address)]; who != nil {
		who.probing = false
	}
}

// makeRoom forgets those whose rest is long over, and, where that is not enough, anybody.
func (p *people) makeRoom(now time.Time) {
	if len(p.known) < maxKnown {
		return
	}
	for address, who := range p.known {
		if now.After(who.until.Add(time.Hour)) || len(p.known) >= maxKnown {
			delete(p.known, address)
		}
	}
}
