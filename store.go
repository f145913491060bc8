package belfry

import (
	"context"
	"time"
)

// A Store holds everything that must survive. Each method is one whole atomic fact: it happens entirely, durably
// (committed and synced before the method returns), or not at all. Policy is not a store's business: what may be sent
// to whom is decided by its callers, through [Accept.Decide] inside the transaction where it must be.
//
// Rules that hold for every store, executed by package storetest:
//
//   - A person's log is numbered from its first entry on without gaps, and entries become visible in the order of their
//     numbers. Sending, replacing, retracting, expiring and every change of state take the next number, one for each
//     notification they change; what changes nothing takes none.
//   - A broadcast is stored once and takes the next number of the broadcast log. A person's change of its state is an
//     entry of their own log.
//   - A row, the counts and the cursor in one answer are of one moment.
//   - Time comes from the caller, in UTC and whole milliseconds; a store never asks a clock. What has expired by the time
//     given (ExpiresAt is not after it) is treated as gone at once, whether Expire has removed it yet or not.
//   - Errors: [ErrNotFound], [ErrFull] and [ErrKeyReused] as said; a canceled ctx gives up waiting, and the change may
//     or may not happen; any other error is the store's own failure, and nothing was changed.
//
// Safe for use by several goroutines at once. Text and JSON given are assumed valid: see the Validate methods.
type Store interface {
	Sender
	Inboxes
	People
	Credentials
	Revocations
	Upkeep
	Outbox
	Folder
	MailAccounts

	// Epoch names the database: new for a new one and for a restored backup, so that cursors of another are noticed.
	Epoch() string
	// Ping reports whether the store can answer.
	Ping(ctx context.Context) error
	// Close waits for what is under way, refuses what comes after, and frees everything; a second Close does nothing.
	Close() error
}

// A Sender takes notifications in and back.
type Sender interface {
	// Accept stores sends, each by itself: the results stand in their order, and one that is refused (Accepted.Err)
	// stops no other. The error is for what refused all.
	Accept(ctx context.Context, sends []Accept) ([]Accepted, error)

	// Receipt returns what was accepted under an id (a notification's, a broadcast's, or that of a send to several) with
	// its deliveries, those of a send to several together. ErrNotFound: never sent, retracted, erased, pruned, or removed by
	// Expire. Of a send to several, the Notification has the send's id and no states; what was since replaced under its
	// dedupe key belongs to the send that replaced it.
	Receipt(ctx context.Context, id ID) (Receipt, error)

	// Retract takes back what was accepted under an id, for everyone who has it: it is gone from every list and count,
	// and each log gets a Deleted entry. The rings say so; what stood in no inbox has none. ErrNotFound as in Receipt, and
	// when all of it has expired by then.
	Retract(ctx context.Context, id ID, at time.Time) ([]Ring, error)
}

// An Accept is one send, validated, with what the store needs to decide inside its transaction.
type Accept struct {
	Send *Send // read only; To.Topic and SendAt are resolved by the caller and ignored
	At   time.Time

	// IdempotencyKey, when set, makes the send happen once: a second Accept with the key and the same Fingerprint gives
	// the first one's answer with Replayed set, one with another Fingerprint gets ErrKeyReused. So it is for the 24 hours
	// after the first; later the key is a new one, whether Prune has removed the old answer or not.
	IdempotencyKey string
	Fingerprint    SecretHash

	// Decide says what becomes of the send for one person. It is called once for each named recipient, never for a
	// broadcast, inside the transaction, with the person as stored at that moment; it must be quick and must not call
	// the store. nil: the inbox, and nothing else.
	Decide func(*Recipient) Decision
}

// A Recipient is what Decide may look at. It must not be kept or changed.
type Recipient struct {
	User        User
	Preferences Preferences
}

// A Decision is what becomes of one send for one person.
type Decision struct {
	Inbox      bool       // stands in the inbox; if not, it has no place in the log, replaces nothing and is never replaced
	Deliveries []Delivery // recorded with it; the store fills in ID, NotificationID, User and CreatedAt
}

// Accepted is the answer to an [Accept].
type Accepted struct {
	Err      error // an *Error: this send was refused, and the rest is unset
	ID       ID    // the notification's, when it went to one person or to everyone; else that of the send as a whole
	Replayed bool  // an answer from before; Rings is empty
	Users    []AcceptedUser
	Rings    []Ring // what to ring, in order
}

// An AcceptedUser is one person's copy.
type AcceptedUser struct {
	ID   ID     `json:"id"`
	User string `json:"user_id"`
}

// A Receipt is what stands under an id that a send was answered with.
type Receipt struct {
	ID           ID
	User         string // whose it is; empty for a broadcast and for a send to several
	All          bool   // a broadcast
	Notification Notification
	Deliveries   []Delivery
}

// Inboxes shows and changes what people have.
//
// A person who was never heard of has an inbox too: the broadcasts; so has the empty user, who is nobody. What is
// muted by preference, expired or retracted is in no list, count or log. A list is the person's own notifications by their creation in the log and the broadcasts by
// theirs, each newest first, merged as [Notification.Newer] says.
type Inboxes interface {
	// List returns a page of an inbox.
	List(ctx context.Context, q ListQuery) (Page, error)

	// Changes returns what the log holds after a cursor, at most limit entries (0: only head and tally). The zero cursor
	// means its head. A notification that changed several times appears once, at its last change (a broadcast whose state
	// the person changed: in the person's own log), and is Created when it was created after the cursor; one created and
	// gone after it may be left out. The reader goes on from an item's own place: after a broadcast from its number and
	// the same Seq as before, after an own entry from its Seq and Head.Broadcast. An Updated one may then be new to the
	// reader, for it may have been created before that place and changed after it: it is whole, so put it in.
	Changes(ctx context.Context, user string, after Cursor, limit int, now time.Time) (Changes, error)

	// Find returns one notification of a person's inbox, archived or not; else ErrNotFound.
	Find(ctx context.Context, user string, id ID, now time.Time) (Notification, error)

	// Mark changes states: named ones in the order of the names, each once. All means archived ones too.
	Mark(ctx context.Context, m Mark) (Marked, error)
}

// People holds what is known of users.
type People interface {
	// PutUser stores what an app says of a person, replacing all that it said before.
	PutUser(ctx context.Context, u User) error
	// User returns it; ErrNotFound when nothing is stored of them: neither PutUser nor a notification, in the inbox or not,
	// ever named them, and they set no preference and changed no state.
	User(ctx context.Context, id string) (User, error)
	// EraseUser removes the person and all that belongs to them; ErrNotFound as in User. Should the id come back, its
	// log goes on with higher numbers, and every cursor from before is answered with ResetPruned, for whoever holds it still
	// shows what was erased. To that end the log of whoever is new from then on begins above the highest number that
	// any erased log had reached, and cursors below that beginning are ResetPruned; but not those at 0, where somebody is
	// who was not known yet and has nothing. The person's tickets go too. Broadcasts are everyone's: they are there
	// again, untouched, if the id comes back; to a place at 0 no log tells that those are which were muted.
	EraseUser(ctx context.Context, id string) error
	// Preferences returns a person's preferences, empty when they have none.
	Preferences(ctx context.Context, user string) (Preferences, error)
	// SetPreferences replaces them. Muting in_app concerns the notifications sent from then on: what stands in the
	// inbox stays, and what was muted does not come back. Queued mail that they do not allow any more is canceled, as Outbox says.
	SetPreferences(ctx context.Context, user string, p Preferences) error
}

// Credentials holds API keys and tickets, as hashes, and the server's own secrets.
type Credentials interface {
	// AddKey stores a key as one that was never used; a name in use is a CodeConflict [Error].
	AddKey(ctx context.Context, k Key) error
	// Keys returns all keys by name.
	Keys(ctx context.Context) ([]Key, error)
	// UseKey notes that a key was used at a time; an earlier time than the one noted, and a name that there is none of,
	// change nothing.
	UseKey(ctx context.Context, name string, at time.Time) error
	// RemoveKey removes a key by name; ErrNotFound when there is none.
	RemoveKey(ctx context.Context, name string) error
	// AddTicket stores a ticket.
	AddTicket(ctx context.Context, t Ticket) error
	// TakeTicket takes a ticket that has not expired out of the store and returns all of it; ErrNotFound for every other. Of
	// several callers at once, one gets it.
	TakeTicket(ctx context.Context, h SecretHash, now time.Time) (Ticket, error)
	// Secret returns the server's own secret of a name: 32 random bytes, made when it is first asked for and the same ever
	// after, on every node.
	Secret(ctx context.Context, name string) ([]byte, error)
}

// Revocations remembers what was taken back.
type Revocations interface {
	// Revoke remembers it. Of two under one hash the later At and the later ExpiresAt hold, zero being the latest of those. One
	// without a TokenID removes the person's tickets in the same transaction.
	Revoke(ctx context.Context, r Revocation) error
	// Revoked returns those whose At is not before since, in no order. What has expired may be left out.
	Revoked(ctx context.Context, since time.Time) ([]Revoked, error)
}

// Upkeep removes what is over, in steps small enough that nobody waits for them: call again while there is more.
type Upkeep interface {
	// Expire makes at most limit expired notifications leave the log (a Deleted entry each), and returns the rings and
	// when the next one is due: zero when none is, now or earlier when there are more. What stood in no inbox is
	// removed without a ring.
	Expire(ctx context.Context, now time.Time, limit int) (rings []Ring, next time.Time, err error)

	// Prune removes at most limit notifications created before a time that are read or archived or never stood in an inbox,
	// broadcasts created before it, and what is left of those deleted before it; and, whatever the time, answers to idempotency keys older
	// than 24 hours, tickets and revocations that expired, the count of mails sent more than 48 hours ago, and what FullMailbox noted more than 7 days
	// ago. It reports whether there is more to remove. No log entry is made: a
	// cursor from before a removed entry is answered with ResetPruned.
	Prune(ctx context.Context, before, now time.Time, limit int) (more bool, err error)
}
