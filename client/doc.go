// Package client speaks to a Belfry server over HTTP, as an app's back end (Send, PutUser, Ticket, … with an API key) and
// as a person (List, Mark, Stream, … with a token).
//
// What the server refuses comes back as a *[belfry.Error], with the fields at fault, wrapped with the name of the call:
// use errors.As, or errors.Is with belfry.ErrNotFound. Everything else that goes wrong is another error.
//
// A [Client] is safe for use by several goroutines at once, starts nothing by itself and need not be closed. Only
// sends and streams try again: a send carries an idempotency key, so that trying again can't send twice, and a stream
// resumes from where it was. Every other call is one request. Calls whose context has no deadline give up after 30 seconds; a
// stream has none.
package client
