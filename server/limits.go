package server

import (
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/limit"
)

// Limits bound what one client may ask for. A zero field is as [DefaultLimits] has it.
type Limits struct {
	Off bool // nothing is bounded, for a benchmark

	Sends           Rate // calls with one API key
	Reads           Rate // calls of one person, but for streams
	Connects        Rate // streams that one person opens
	Address         Rate // calls from one address without an API key, but for streams; of IPv6, from one network of 64 bits
	AddressConnects Rate // streams opened from one address
	Failures        Rate // credentials from one address that are no good; when there were more, others are refused without a look

	// Guests bounds the connections of those who have not shown who they are, GuestsPerAddress those from one address. At
	// the bound the one that has waited longest is closed. Negative: no bound. They hold for servers that were given to
	// [Server.Guard].
	Guests, GuestsPerAddress int

	URLBytes  int // of a request's path and query
	BodyBytes int // of its body, at most [belfry.MaxBody]
}

// A Rate is how often something may happen: Count times in each Per, which is a day at most, and Burst times at once after a
// quiet time. A negative Count is no bound.
type Rate struct {
	Count int
	Per   time.Duration
	Burst int // 0: Count
}

const (
	defaultGuests           = 8192
	defaultGuestsPerAddress = 512
)

// DefaultLimits returns the limits of a Config that names none: more than a busy app's back end and a large office behind
// one address ever ask for, and little for who guesses.
func DefaultLimits() Limits {
	r := limit.DefaultRates()
	return Limits{
		Sends: Rate(r[limit.Sends]), Reads: Rate(r[limit.Reads]), Connects: Rate(r[limit.Connects]),
		Address: Rate(r[limit.Address]), AddressConnects: Rate(r[limit.AddressConnects]), Failures: Rate(r[limit.Failures]),
		Guests: defaultGuests, GuestsPerAddress: defaultGuestsPerAddress,
		URLBytes: api.DefaultURL, BodyBytes: belfry.MaxBody,
	}
}

// openLimits makes what bounds clients.
func (s *Server) openLimits(cfg *Config) (err error) {
	rates := limit.DefaultRates()
	l := &cfg.Limits
	for kind, given := range map[limit.Kind]Rate{
		limit.Sends: l.Sends, limit.Reads: l.Reads, limit.Connects: l.Connects,
		limit.Address: l.Address, limit.AddressConnects: l.AddressConnects, limit.Failures: l.Failures,
	} {
		switch {
		case l.Off || given.Count < 0:
			rates[kind] = limit.Rate{}
		case given != Rate{}:
			rates[kind] = limit.Rate(given)
		}
	}
	if s.limits, err = limit.New(rates); err != nil {
		return err
	}
	s.guests = limit.NewGuests(bound(l.Off, l.GuestsPerAddress, defaultGuestsPerAddress), bound(l.Off, l.Guests, defaultGuests), cfg.TrustedProxies)
	return nil
}

// bound returns how limit says it: 0 is no bound.
func bound(off bool, given, otherwise int) int {
	switch {
	case off || given < 0:
		return 0
	case given == 0:
		return otherwise
	default:
		return given
	}
}

// Guard makes an http.Server that serves this Server keep [Limits.Guests]: what a stranger who opens connections and says
// nothing, or says it slowly, can hold. It adds to the server's ConnContext and ConnState; call it before the server serves.
// The server's own timeouts and MaxHeaderBytes are not touched: set ReadHeaderTimeout, or headers may take for ever.
func (s *Server) Guard(srv *http.Server) { s.guests.Guard(srv) }
