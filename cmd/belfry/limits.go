package main

import (
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
)

// limits translates the settings.
func limits(l *config.Limits) server.Limits {
	return server.Limits{
		Off: l.RateLimits == config.Off, Sends: server.Rate(l.RateSends), Reads: server.Rate(l.RateReads), Connects: server.Rate(l.RateConnects),
		Address: server.Rate(l.RateAddress), AddressConnects: server.Rate(l.RateAddressConnects), Failures: server.Rate(l.RateFailures),
		Guests: capped(l.MaxGuests), GuestsPerAddress: capped(l.MaxGuestsPerAddress),
		URLBytes: int(l.MaxURLBytes), BodyBytes: int(l.MaxBodyBytes),
	}
}

// capped says "no cap" as the server does: there 0 is the default.
func capped(n config.Count) int {
	if n == 0 {
		return -1
	}
	return int(n)
}
