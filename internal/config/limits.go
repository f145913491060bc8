package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Limits bound what one client may ask for, and what a stranger may hold.
type Limits struct {
	RateLimits          Switch   `setting:"BELFRY_RATE_LIMITS" group:"Limits" default:"on" placeholder:"on|off" help:"All limits of this group but sizes and times; off for a benchmark. Rates are written like 50/s (s, m or h), with the burst that is allowed after a quiet time behind a colon: 50/s:500. off is no limit. Who asks more often gets a 429 with Retry-After, and a stream the event close with the reason limit."`
	RateSends           Rate     `setting:"BELFRY_RATE_SENDS" group:"Limits" default:"2000/s:10000" placeholder:"RATE" help:"Calls with one API key."`
	RateReads           Rate     `setting:"BELFRY_RATE_READS" group:"Limits" default:"50/s:500" placeholder:"RATE" help:"Calls of one person, but for streams."`
	RateConnects        Rate     `setting:"BELFRY_RATE_CONNECTS" group:"Limits" default:"5/s:100" placeholder:"RATE" help:"Streams that one person opens."`
	RateAddress         Rate     `setting:"BELFRY_RATE_ADDRESS" group:"Limits" default:"1000/s:10000" placeholder:"RATE" help:"Calls from one address (of IPv6, from one network of 64 bits) without an API key, but for streams. A whole office may stand behind one."`
	RateAddressConnects Rate     `setting:"BELFRY_RATE_ADDRESS_CONNECTS" group:"Limits" default:"200/s:2000" placeholder:"RATE" help:"Streams opened from one address."`
	RateFailures        Rate     `setting:"BELFRY_RATE_FAILURES" group:"Limits" default:"5/s:300" placeholder:"RATE" help:"Credentials from one address that are no good. When there were more, credentials from it are refused without a look; those that were good within the last hour are not."`
	MaxGuests           Count    `setting:"BELFRY_MAX_GUESTS" group:"Limits" default:"8192" placeholder:"N" help:"Connections of those who have not shown who they are; at the limit the one that has waited longest is closed. 0: no limit."`
	MaxGuestsPerAddress Count    `setting:"BELFRY_MAX_GUESTS_PER_ADDRESS" group:"Limits" default:"512" placeholder:"N" help:"The same for each address; trusted proxies have no such limit. 0: no limit."`
	MaxHeaderBytes      Header   `setting:"BELFRY_MAX_HEADER_BYTES" group:"Limits" default:"65536" placeholder:"N" help:"How large the headers of a request may be."`
	MaxURLBytes         URL      `setting:"BELFRY_MAX_URL_BYTES" group:"Limits" default:"8192" placeholder:"N" help:"How large its path and query may be."`
	MaxBodyBytes        Body     `setting:"BELFRY_MAX_BODY_BYTES" group:"Limits" default:"524288" placeholder:"N" help:"How large its body may be; the contract allows no more than the default."`
	HeaderTimeout       Patience `setting:"BELFRY_HEADER_TIMEOUT" group:"Limits" default:"10s" placeholder:"TIME" help:"In which the headers of a request must have come."`
	BodyTimeout         Patience `setting:"BELFRY_BODY_TIMEOUT" group:"Limits" default:"30s" placeholder:"TIME" help:"In which its body must have come."`
}

// A Rate is how often something may happen: Count times in each Per, and Burst times at once. A negative Count is no limit.
type Rate struct {
	Count int
	Per   time.Duration
	Burst int // 0: Count
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Rate) UnmarshalText(b []byte) error {
	s := strings.ToLower(strings.TrimSpace(string(b)))
	if s == string(Off) {
		*r = Rate{Count: -1}
		return nil
	}
	bad := fmt.Errorf("%.40q is not a rate; write a number from 1 to 1000000 and a unit, like 50/s, 300/m or 5/h, with a burst behind it if you like: 50/s:500", b)
	text, burst, hasBurst := strings.Cut(s, ":")
	text, unit, _ := strings.Cut(text, "/")
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
	rate := Rate{Count: rateNumber(text), Per: units[unit]}
	if hasBurst {
		rate.Burst = rateNumber(burst)
	}
	if rate.Count == 0 || rate.Per == 0 || hasBurst && rate.Burst == 0 {
		return bad
	}
	if back := rate.Per / time.Duration(rate.Count) * time.Duration(rate.Burst); back > 24*time.Hour {
		return fmt.Errorf("%.40q takes %v until a whole burst is back; choose a smaller burst, so that it is a day at most", b, back)
	}
	*r = rate
	return nil
}

// rateNumber returns 0 for what is no number of a rate.
func rateNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n
}

// A Patience is how long the server waits for a client.
type Patience time.Duration

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Patience) UnmarshalText(b []byte) error {
	const least, most = 100 * time.Millisecond, 10 * time.Minute
	d, err := time.ParseDuration(string(b))
	switch {
	case err != nil:
		return fmt.Errorf("%.40q is not a duration; give one like 10s", b)
	case d < least || d > most:
		return fmt.Errorf("%.40q is out of range; give from %v to %v", b, least, most)
	}
	*p = Patience(d)
	return nil
}

// Duration returns how long.
func (p Patience) Duration() time.Duration { return time.Duration(p) }

// A Header is the size of a request's headers, in bytes.
type Header int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Header) UnmarshalText(b []byte) error { return size(h, b, 4<<10, 1<<20) }

// A URL is the size of a request's path and query, in bytes.
type URL int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *URL) UnmarshalText(b []byte) error { return size(u, b, 1<<10, 64<<10) }

// A Body is the size of a request's body, in bytes.
type Body int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (y *Body) UnmarshalText(b []byte) error { return size(y, b, 4<<10, belfry.MaxBody) }

func size[T ~int](to *T, b []byte, least, most int) error {
	n, err := strconv.Atoi(string(b))
	if err != nil || n < least || n > most {
		return fmt.Errorf("%.40q is not a whole number from %d to %d", b, least, most)
	}
	*to = T(n)
	return nil
}

// Networks are IP networks, separated by commas; an address alone is a network of one.
type Networks []netip.Prefix

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Networks) UnmarshalText(b []byte) error {
	var networks Networks
	for _, item := range splitList(string(b)) {
		p, err := netip.ParsePrefix(item)
		if err != nil {
			a, bad := netip.ParseAddr(item)
			if bad != nil || a.Zone() != "" {
				return fmt.Errorf("%.60q is not a network; give an address, or one with its bits like 10.0.0.0/8 or fd00::/8", item)
			}
			a = a.Unmap()
			p = netip.PrefixFrom(a, a.BitLen())
		}
		switch {
		case p.Addr().Is4In6():
			return fmt.Errorf("%.60q is an IPv4 network in IPv6 notation; write it like 10.0.0.0/8", item)
		case p.Bits() == 0:
			return fmt.Errorf("%.60q is everybody, who could then claim to be anybody; give the network in which the proxy stands", item)
		}
		networks = append(networks, p.Masked())
	}
	if networks == nil {
		return fmt.Errorf("it holds no network; write some like 127.0.0.1 or 10.0.0.0/8")
	}
	*n = networks
	return nil
}
