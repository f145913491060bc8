package belfry

import "context"

// A Ring says that a person's log, or everyone's, has grown; it carries a copy of the new entry, so that whoever hears
// it need not read the store.
type Ring struct {
	User   string // empty: everyone, that is, a broadcast
	Change Change
	Own    Counts // the person's own part of the counts after Change; unset for a broadcast
	Shared Counts // after a broadcast: the part of the counts that all share
	Hangup Hangup // not a change, but an order to end streams; Change is unset
	Head   Cursor // of an Updated entry: the ends of both logs when it was made; zero: not known, and listeners ask the store
	Mute   bool   // not a change: preferences changed, or something was pruned; what is known of the counts no longer holds
}

// A Hangup orders the streams of a person to end.
type Hangup struct {
	Reason     CloseReason // empty: this ring is none
	Connection string      // one stream alone; empty: all of them
}

// A CloseReason tells a client why the server ended its stream, in the words of the wire.
type CloseReason string

// The reasons.
const (
	CloseClosed  CloseReason = "closed"  // the person closed it, here or on another device
	CloseExpired CloseReason = "expired" // the credential ran out
	CloseLimit   CloseReason = "limit"   // too many streams
	CloseDrain   CloseReason = "drain"   // the server is going down; come back to another, or soon
	CloseRevoked CloseReason = "revoked" // the person may no longer listen
)

// A Bus is the doorbell between whoever changes an inbox and whoever shows it. Losing a ring costs latency, never data:
// rings may be lost, doubled and swapped, and a listener reads the store when it sees a hole in the numbers, and every now
// and then whatever it hears.
//
// Safe for use by several goroutines at once.
type Bus interface {
	// Ring tells every listener, on this node and on the others. It is called after the commit, never before, and may
	// not block on a slow listener. An error means that others may hear late.
	Ring(ctx context.Context, rings ...Ring) error

	// Listen has fn called for each ring from now on, those of one Ring call in their order, until stop is called.
	// When stop returns, fn is not running and will not be called again. fn must not block, nor call stop.
	Listen(fn func(Ring)) (stop func(), err error)

	// Ping reports whether rings from other nodes can arrive.
	Ping(ctx context.Context) error

	// Close ends every Listen and frees what the bus holds; a second Close does nothing.
	Close() error
}
