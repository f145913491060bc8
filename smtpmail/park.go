package smtpmail

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// A park is whether an account waits, and for what. What must outlive the process is in state; short waits for a server
// that does not answer are in soft, so that a flapping network writes nothing to the store.
type park struct {
	state   belfry.MailAccount
	fault   belfry.Fault // of state; empty after a start
	soft    time.Time
	softWhy string
	strikes int // of soft
}

// aWhile is what is said of when an account that needs a person will be ready: nobody knows.
const aWhile = time.Hour

// until returns until when the account waits, and why; why is empty when it does not.
func (p *park) until(now time.Time) (time.Time, string) {
	switch {
	case p.state.NeedsPerson:
		return now.Add(aWhile), p.state.Reason
	case now.Before(p.state.ParkedUntil):
		return p.state.ParkedUntil, p.state.Reason
	case now.Before(p.soft):
		return p.soft, p.softWhy
	}
	return time.Time{}, ""
}

// add parks the account as a rule says; it returns whether state changed.
func (p *park) add(r Rule, why string, now time.Time, random float64) bool {
	if r.Fault == belfry.FaultConnection {
		p.soft, p.softWhy = now.Add(r.Pause.length(p.strikes, random)), why
		// Two processes, or all the accounts of a host, do not come back at the same moment.
		p.soft = p.soft.Add(time.Duration(random * float64(r.Pause.For) / 2))
		p.strikes++
		return false
	}
	if p.fault != r.Fault && p.fault != belfry.FaultNone {
		p.state.Strikes = 0 // of another kind
	}
	p.fault = r.Fault
	p.state.Reason = why
	p.state.NeedsPerson = r.Pause.Until == "credential"
	p.state.ParkedUntil = time.Time{}
	if !p.state.NeedsPerson {
		p.state.ParkedUntil = now.Add(r.Pause.length(p.state.Strikes, random))
	}
	p.state.Strikes++
	return true
}

// clear forgets everything after a success; it returns whether state changed.
func (p *park) clear() bool {
	changed := p.state.NeedsPerson || !p.state.ParkedUntil.IsZero() || p.state.Strikes > 0
	*p = park{state: belfry.MailAccount{Name: p.state.Name, Credential: p.state.Credential, SlowUntil: p.state.SlowUntil}}
	return changed
}

// credential returns what a store may know of a credential: whether it is the same. It is slow to compute, because some
// passwords can be guessed.
func credential(a Account) belfry.SecretHash {
	parts := []string{a.Secret}
	if o := a.OAuth2; o != nil {
		parts = append(parts, o.ClientID, o.ClientSecret, o.RefreshToken, o.TokenURL)
	}
	salt := strings.Join([]string{"belfry mail account", strings.ToLower(a.Host), a.User}, "\x00")
	key, err := pbkdf2.Key(sha256.New, strings.Join(parts, "\x00"), []byte(salt), 20_000, sha256.Size)
	if err != nil { // a key length that the standard allows never fails
		panic(err)
	}
	return belfry.SecretHash(key)
}
