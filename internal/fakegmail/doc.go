// Package fakegmail is a mail server that behaves as Gmail's submission server does, and misbehaves on demand: it keeps
// what it accepts, byte for byte, and sends nothing anywhere. It is for tests, and for `belfry fake-gmail`.
//
// Without a scenario it accepts everything that Gmail accepts of a well-behaved client: STARTTLS before AUTH, AUTH before
// MAIL, at most 100 mails a connection, 100 recipients a mail and 35,882,577 bytes. A [Scenario] adds faults: refusals with
// Gmail's own texts, lost answers, stalls, connections that break at a given byte.
//
// It knows nothing of Belfry, so that it cannot agree with a bug by sharing it.
package fakegmail
