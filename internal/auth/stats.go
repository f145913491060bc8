package auth

import (
	"github.com/belfryhq/belfry"
)

// Stats are numbers since the start.
type Stats struct {
	TokensInURL int64            // tokens that stood in an address, where logs and histories keep them
	Asked       map[string]int64 // questions to the back end by its answer: admitted, refused, failed
	Kept        int              // its answers that are remembered, at most 10,000, those that hold no more included
}

// Stats returns the numbers.
func (a *Authenticator) Stats() Stats {
	s := Stats{TokensInURL: a.inURL.Load(), Asked: map[string]int64{}}
	if a.asker != nil {
		s.Asked["admitted"], s.Asked["refused"], s.Asked["failed"] = a.asker.admitted.Load(), a.asker.refused.Load(), a.asker.outed.Load()
		s.Kept = a.asker.cache.len()
	}
	return s
}

// Hear takes in a ring: whoever's streams are hung up may have lost more than these, so the next request has what was revoked
// read again; so it has when rings were lost. Have it hear them before those who hold the streams do.
func (a *Authenticator) Hear(r belfry.Ring) {
	if r.User == "" && r.Mute {
		a.revoked.hear()
	}
	if why := r.Hangup.Reason; why == belfry.CloseRevoked || why == belfry.CloseExpired {
		a.revoked.hear()
		if a.asker != nil {
			a.asker.cache.forget()
		}
	}
}

// Close frees the connections that are kept for questions.
func (a *Authenticator) Close() {
	if a.asker != nil {
		a.asker.client.CloseIdleConnections()
	}
	if a.tokens != nil && a.tokens.remote != nil {
		a.tokens.remote.client.CloseIdleConnections()
	}
}
