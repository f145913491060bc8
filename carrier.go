package belfry

import (
	"context"
	"time"
)

// A Carrier takes mail to its people: SMTP, in package smtpmail. Safe for use by several goroutines at once; each call
// carries one mail.
type Carrier interface {
	// Carry hands one letter over. commit is called at most once, after the last moment at which it is certain that
	// nothing was accepted and before the first at which the server may accept; when it returns an error, nothing more is
	// sent and the outcome is Deferred. Carry returns within minutes whatever the server does, and at once when ctx ends
	// (Lost, if that was after commit).
	Carry(ctx context.Context, l Letter, commit func(ctx context.Context, account string) error) Outcome

	// Ready reports whether a mail of the class may be carried now; when not, from when on, and why.
	Ready(now time.Time, class MailClass) (ok bool, from time.Time, why string)

	// Accounts returns the state of each account, for people and for metrics.
	Accounts(now time.Time) []AccountStatus

	// Close ends every connection; a Carry under way returns. A second Close does nothing.
	Close() error
}

// A Letter is a mail as it is carried.
type Letter struct {
	From    string // envelope: bare addresses
	To      string
	Message []byte // RFC 5322, CRLF, no bare CR or LF
	Class   MailClass
	Account string // carry by this account alone; empty: by whichever can
}

// A Verdict says what became of a letter.
type Verdict uint8

// The verdicts.
const (
	Delivered Verdict = iota + 1 // the server accepted it: its 250 is in the attempt
	Deferred                     // not accepted, for certain; try again
	Refused                      // not accepted, for certain; trying again is of no use
	Lost                         // after the commit, and no answer: nobody knows
)

// A Fault says whose fault it is that a letter did not go; the words stand in the reply table of package smtpmail.
type Fault string

// The faults.
const (
	FaultNone       Fault = ""
	FaultAuth       Fault = "auth"       // the credential
	FaultConfig     Fault = "config"     // the settings
	FaultConnection Fault = "connection" // the connection or the server
	FaultThrottle   Fault = "throttle"   // too fast
	FaultSender     Fault = "sender"     // the sender's domain or reputation
	FaultPerson     Fault = "person"     // the person's mailbox
	FaultQuota      Fault = "quota"      // the account's daily number
	FaultMessage    Fault = "message"    // this message
	FaultBug        Fault = "bug"        // Belfry's own
	FaultAmbiguous  Fault = "ambiguous"  // the answer was lost
)

// An Outcome is what became of a letter.
type Outcome struct {
	Verdict   Verdict
	Fault     Fault
	Attempt   *Attempt  // what was said; nil when nobody was asked (the account is parked)
	Reason    string    // one sentence for the operator, with the mend
	Account   string    // which one tried
	Counts    bool      // it counts as a try of this mail
	NotBefore time.Time // the earliest next try; zero: the caller's own schedule
	Suppress  bool      // the address does not exist: send nothing to it any more
}

// An AccountStatus is what an account's operator wants to know.
type AccountStatus struct {
	Name      string    `json:"name"`
	Host      string    `json:"host"`
	State     string    `json:"state"` // ready, parked
	Reason    string    `json:"reason,omitempty"`
	Until     time.Time `json:"until,omitzero"`
	Quota     int       `json:"quota"`      // mails in 24 hours; 0: no limit
	QuotaLeft int       `json:"quota_left"` // of them; -1: no limit
	Sent      int64     `json:"sent"`       // since start
}
