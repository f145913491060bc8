package limit

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// A Kind is what is counted.
type Kind uint8

// The kinds. What they are counted by, stands beside them.
const (
	Sends           Kind = iota // calls with one API key, of every sort
	Reads                       // calls of one person, but for streams
	Connects                    // streams that one person opens
	Address                     // calls from one address without an API key, but for streams
	AddressConnects             // streams opened from one address
	Failures                    // credentials from one address that were refused
	kinds
)

// String returns the word that stands in metrics and settings.
func (k Kind) String() string {
	return [kinds]string{"sends", "reads", "connects", "address", "address_connects", "failures"}[k]
}

// Kinds returns all of them.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Rates has a rate for each kind; the zero Rate is no bound.
type Rates [kinds]Rate

// DefaultRates are generous to those who have shown who they are and to offices behind one address, and strict with those
// who guess. A key has 256 bits, so that no rate of guessing helps; the bound of failures keeps what each guess costs from
// those who ask in earnest.
func DefaultRates() Rates {
	return Rates{
		Sends:           {2000, time.Second, 10_000},
		Reads:           {50, time.Second, 500},
		Connects:        {5, time.Second, 100},
		Address:         {1000, time.Second, 10_000},
		AddressConnects: {200, time.Second, 2000},
		Failures:        {5, time.Second, 300},
	}
}

// A Limiter holds a table for each kind. A nil Limiter bounds nothing.
type Limiter struct {
	seed    maphash.Seed
	tables  [kinds]*Table
	known   *Table
	refused [kinds]atomic.Int64
}

// knownFor is how long after its last use a credential that was good from an address is let through while others from the
// same address are refused.
const knownFor = time.Hour

// New returns a Limiter. The error names the kind whose rate cannot be.
func New(rates Rates) (*Limiter, error) {
	now := time.Now()
	l := &Limiter{seed: maphash.MakeSeed(), known: newTable(Rate{Count: 1, Per: knownFor}, now)}
	var faults []error
	for _, k := range Kinds() {
		if err := rates[k].check(); err != nil {
			faults = append(faults, fmt.Errorf("limit %s: %w", k, err))
		}
		l.tables[k] = newTable(rates[k], now)
	}
	return l, errors.Join(faults...)
}

// Name counts one call for somebody known by a name: a key's, or a person's id. It returns 0, or how long until the next
// one is let through.
func (l *Limiter) Name(k Kind, name string, now time.Time) time.Duration {
	if l == nil || l.tables[k] == nil {
		return 0
	}
	return l.count(k, l.tables[k].take(maphash.String(l.seed, name), now))
}

// From counts one call from an address, as Name does. An address that is a crowd's, or is not known, has no bound.
func (l *Limiter) From(k Kind, s Source, now time.Time) time.Duration {
	if l == nil || l.tables[k] == nil || s.Crowd || !s.Addr.IsValid() {
		return 0
	}
	return l.count(k, l.tables[k].take(l.address(s.Addr, 0), now))
}

// Locked returns how long credentials from an address are refused without a look, because too many were no good. One that
// was good lately is let through all the same, so that a neighbour's guesses lock out nobody who is at work.
func (l *Limiter) Locked(s Source, r *http.Request, now time.Time) time.Duration {
	if l == nil || l.tables[Failures] == nil || s.Crowd || !s.Addr.IsValid() {
		return 0
	}
	wait := l.tables[Failures].wait(l.address(s.Addr, 0), now)
	if wait > 0 && l.known.seen(l.address(s.Addr, l.credential(r)), now) {
		return 0
	}
	return l.count(Failures, wait)
}

// Failed counts a credential that was no good. Should it have been good before, as a ticket that was used, it hides no more guesses.
func (l *Limiter) Failed(s Source, r *http.Request, now time.Time) {
	if l != nil && l.tables[Failures] != nil && !s.Crowd && s.Addr.IsValid() {
		l.tables[Failures].take(l.address(s.Addr, 0), now)
		l.known.forget(l.address(s.Addr, l.credential(r)))
	}
}

// Expect remembers a ticket that was just made for somebody at an address, who is known there and will show it.
func (l *Limiter) Expect(s Source, ticket string, now time.Time) {
	l.Good(s, &http.Request{URL: &url.URL{RawQuery: "ticket=" + ticket}}, now)
}

// Good remembers that the request's credential is good.
func (l *Limiter) Good(s Source, r *http.Request, now time.Time) {
	if l != nil && l.tables[Failures] != nil && !s.Crowd && s.Addr.IsValid() {
		l.known.touch(l.address(s.Addr, l.credential(r)), now)
	}
}

// Refused returns how many calls of a kind were refused.
func (l *Limiter) Refused(k Kind) int64 {
	if l == nil {
		return 0
	}
	return l.refused[k].Load()
}

func (l *Limiter) count(k Kind, wait time.Duration) time.Duration {
	if wait > 0 {
		l.refused[k].Add(1)
	}
	return wait
}

// address returns the key of an address: an IPv6 one counts by its network of 64 bits, for whoever has one has all of them.
func (l *Limiter) address(a netip.Addr, more uint64) uint64 {
	b := a.As16()
	n := len(b)
	if !a.Is4() {
		n = 8
	}
	return maphash.Bytes(l.seed, b[:n]) ^ more
}

// credential returns a hash of all by which a request may be known: more than counts for package auth, so that no bad
// credential hides behind a good one in another place. Parameters that are surely none are left out, for they differ from
// call to call. Where a ticket comes first, package auth looks at nothing else; and the headers of whoever shows it are not those
// of whoever was given it.
func (l *Limiter) credential(r *http.Request) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	byTicket, first := false, true
	for rest := r.URL.RawQuery; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name == "token" || name == "ticket" || strings.ContainsAny(name, "%+") {
			byTicket = byTicket || first && name == "ticket" && plainTicket(value)
			first = false
			_, _ = h.WriteString(pair)
			_ = h.WriteByte('&')
		}
	}
	if byTicket {
		return h.Sum64()
	}
	for _, name := range [...]string{"Authorization", "Cookie"} {
		_ = h.WriteByte(0)
		for _, line := range r.Header[name] {
			_, _ = h.WriteString(line)
		}
	}
	return h.Sum64()
}

// plainTicket reports whether a value stands for itself: what package auth might read otherwise, or pass over, is none.
func plainTicket(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
