package smtpmail

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// ProbeOptions says how far [Probe] goes.
type ProbeOptions struct {
	From     string // envelope; with To empty, the dialogue ends after AUTH
	To       string
	SendTest bool   // hand Message over; else the dialogue is broken off after RCPT and nothing is sent
	Message  []byte // RFC 5322, CRLF
}

// A Status says how a step of a probe went.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Failed  Status = "failed"
)

// A Step is one step of a probe.
type Step struct {
	Stage  Stage         `json:"stage"`
	Status Status        `json:"status"`
	Took   time.Duration `json:"took"`
	Said   string        `json:"said,omitempty"`   // by the server, redacted; untrusted text
	Detail string        `json:"detail,omitempty"` // what was found
	Mend   string        `json:"mend,omitempty"`   // what to do, when Status is not OK
	Fault  belfry.Fault  `json:"fault,omitempty"`  //
	Rule   string        `json:"rule,omitempty"`   // the row of the reply table
}

// Probe tries an account step by step, for people who set it up: DNS, TCP, TLS, EHLO, AUTH, MAIL, RCPT, and with SendTest
// the mail itself. It reports each step as it ends, stops at the first that failed, and says whether none did. It is one
// login, and leaves no trace in the state of the account. No step holds a secret.
func Probe(ctx context.Context, a Account, o ProbeOptions, report func(Step)) bool {
	p := prober{options: o, report: report}
	return p.run(ctx, a)
}

func letterOf(o ProbeOptions) belfry.Letter {
	return belfry.Letter{From: o.From, To: o.To, Message: o.Message, Class: belfry.Transactional}
}
