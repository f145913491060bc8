// Package mailtest holds the tests in which mail goes the whole way for days: from the API through the outbox, the worker and
// the SMTP dialogue to a server that behaves as Gmail does, in virtual time. What needs a real process, to be killed, is in
// package crashtest.
package mailtest
