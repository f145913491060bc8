package belfry

import (
	"context"
	"time"
)

// A MailClass says which mail goes first.
type MailClass uint8

// The classes, the last to go first.
const (
	Transactional MailClass = iota // the zero class: what somebody waits for
	Bulk                           // what nobody waits for: news, digests
	Urgent                         // critical notifications
)

// String returns the word that operators see.
func (c MailClass) String() string {
	switch c {
	case Bulk:
		return "bulk"
	case Urgent:
		return "critical"
	default:
		return "transactional"
	}
}

// Unless says what a person may do before a mail leaves, so that it need not: the zero value is nothing.
type Unless string

// What cancels a queued mail, in the transaction of the mark.
const (
	UnlessRead Unless = "read"
	UnlessSeen Unless = "seen" // reading does not count as seeing; see Notification
)

// A MailPlan is what a queued mail needs beside the fields that people see: it is decided when the notification is
// accepted, and stored with the delivery.
type MailPlan struct {
	Class      MailClass
	Unless     Unless
	AtMostOnce bool          // after an ambiguous attempt: stop, and let a person decide. Else: send the same bytes again
	GiveUpAt   time.Time     // no attempt begins after; zero: never given up
	Thread     string        // mails of one thread are shown together by mail readers; empty: a thread of its own
	Content    *EmailContent // what the send said of the mail; may be nil
}

// An Outbox is the queue of mail in a store: the deliveries of the channel email.
//
// A mail is claimed under a lease, which names a token: a later claim of the same mail makes the token void, and whatever
// is then asked under it is refused with ErrLeaseLost and changes nothing. So two workers never both decide over one
// mail, however long one of them slept.
//
// A queued mail is canceled, in the transaction of the cause, when its notification is retracted, expires or is replaced,
// or the person does what Plan.Unless names; a lease of it is lost. One that is committed is not, for it may have been
// sent: whoever holds its lease settles it, and instead of being queued again it becomes Canceled if that is Uncommitted,
// else Ambiguous. Erasing a person deletes their deliveries in every state, pruning a notification those of it.
// So it is with those that go as one (see [Folder]), but that while one of them is still wanted the mail goes on as a whole:
// it says what it says, and the others end as it does.
type Outbox interface {
	// Claim leases due mails (Queued, NextAttemptAt not after Now), the first class of Order that has any, in the order of
	// NextAttemptAt. Those whose lease ran out are due again, since then. What of them is for a notification that is over by
	// Now is not returned but ended. next is when the earliest of the rest is due, zero when there is none; it may be
	// early, never late. The lease and its token are durable. With a mail that may be folded come those that may go with it,
	// each under a lease of its own; they do not count for Limit.
	Claim(ctx context.Context, q ClaimQuery) (mails []Mail, next time.Time, err error)

	// Prepare stores the exact bytes of a mail and its Message-ID, once: a second Prepare is an error.
	Prepare(ctx context.Context, l Lease, messageID string, message []byte) error

	// Commit notes durably that from now on the server may have accepted the mail, by which account. A mail whose lease
	// ends without a Settle after that comes back from Claim with Committed set.
	Commit(ctx context.Context, l Lease, account string) error

	// Settle ends a lease: it stores the attempt, if there was one, and the delivery's new state.
	Settle(ctx context.Context, l Lease, s Settlement) error

	// Deliveries lists, newest first. A Queued mail that was committed and is not leased any more is shown, here and wherever
	// deliveries are read, as what it is: Ambiguous.
	Deliveries(ctx context.Context, q DeliveryQuery) (DeliveryPage, error)

	// Delivery returns one delivery and, if it was rendered, the bytes of its mail; else ErrNotFound.
	Delivery(ctx context.Context, id ID) (Delivery, []byte, error)

	// Retry queues a Failed, Ambiguous, Canceled, Skipped or Captured mail anew, due at once, its tries back at 0 and its
	// time to live (which it had from CreatedAt to GiveUpAt) beginning now, not committed, and its Reason that somebody
	// asked; bytes that were rendered stay as they are, but of one that went with others: it is a mail of its own now. What was
	// Ambiguous goes by the same account from then on (Mail.Only). In every other state, without an address, for another
	// channel than email, and when the notification is gone, it is a CodeConflict [Error] that says why.
	Retry(ctx context.Context, id ID, at time.Time) (Delivery, error)
}

// MaxFolded is how many mails may go as one.
const MaxFolded = 50

// A Folder sends several waiting mails of a person as one. What may be folded was settled so (Settlement.Fold), waits, has
// no bytes and was never ambiguous; it goes with one that is to the same person and address, of the same class and policy for
// ambiguous mails, and given up no later. Urgent mail is never folded.
//
// Until the commit these are mails as others, each under its lease. From the commit until the first of them, under whose lease
// all is done from then on, is settled or given back, they are one.
type Folder interface {
	// Fold is Prepare and Commit of one mail that stands for several, at most MaxFolded: the bytes are those of the first, and
	// all have the Message-ID and the account. ErrLeaseLost when one of the leases is lost, and a CodeInvalid [Error] when
	// one of the mails may not be folded; nothing is changed then.
	//
	// What the first is settled as, all are, in one transaction, each with the attempt; the reason of the others begins with
	// the id of the delivery with which they went. When that is Uncommitted, each is a mail of its own again, without bytes.
	// A first one that is removed while the others wait leaves them Ambiguous.
	Fold(ctx context.Context, leases []Lease, account, messageID string, message []byte) error
}

// A QueueCounter is an Outbox that can say how long its queue is, for those who watch it. It is a power of its own: no
// mail depends on it.
type QueueCounter interface {
	// QueuedMails returns how many mails of each class are queued, due or not.
	QueuedMails(ctx context.Context) (map[MailClass]int, error)
}

// A ClaimQuery asks for mail to send.
type ClaimQuery struct {
	Order []MailClass   // the classes to look at, in this order; others are left alone
	Limit int           // at least 1
	Now   time.Time     //
	Lease time.Duration // how long the claim holds
}

// A Lease is the right to decide over a mail.
type Lease struct {
	Delivery ID
	Token    int64
}

// ErrLeaseLost says that somebody else has claimed the mail since, or it is no longer in the queue (canceled, retracted, erased).
var ErrLeaseLost = Errorf(CodeConflict, "The mail is no longer this worker's.")

// A Mail is a claimed delivery with what is needed to render and send it, as of the claim.
type Mail struct {
	Lease        Lease
	Delivery     Delivery
	Plan         MailPlan
	Notification Notification
	User         User
	Message      []byte // as Prepare stored it; nil: not rendered yet
	Committed    bool   // an earlier attempt may have been accepted
	Only         string // the account of such an attempt, also of one before a Retry: no other may carry it; empty: any may
	Suppressed   string // why mail to this address is not sent; empty: it is
	Fold         bool   // it was settled with Fold last
	Folded       int    // for how many deliveries Message stands, when that is more than one; its Notification may be gone, and nothing but an ID
	With         []Mail // what may go with it, the oldest first; none has a With
}

// A Settlement is the end of a claim.
type Settlement struct {
	State         DeliveryState // Queued: to be tried again at NextAttemptAt
	Reason        string
	At            time.Time // of SentAt, when State is Sent
	NextAttemptAt time.Time
	Attempt       *Attempt // nil: nothing was tried
	Counts        bool     // the attempt counts as a try
	Account       string   // by which it was tried, if that was before the commit; empty: what is stored stays
	Uncommitted   bool     // it is certain that the server did not accept: forget the Commit
	Fold          bool     // of a Queued one: it may go as one with others of the person that may, see Folder
	Suppress      string   // not empty: send nothing to this address any more, for this reason
}

// A DeliveryQuery chooses deliveries. Empty fields choose all.
type DeliveryQuery struct {
	State   DeliveryState
	Channel Channel
	User    string
	After   ID // only what stands after this one in the list, that is, what is older
	Limit   int
}

// A DeliveryPage is a piece of the list. Deliveries that are derived (in_app ones that went well) are not in it.
type DeliveryPage struct {
	Results []Delivery
	Next    ID // After of the following page; zero when this is the last
}

// MailAccounts keeps what must be known of mail accounts after a restart, and on every node.
type MailAccounts interface {
	// MailAccount returns the state of an account; the zero state, but for its name, when there is none.
	MailAccount(ctx context.Context, name string) (MailAccount, error)
	// PutMailAccount replaces it.
	PutMailAccount(ctx context.Context, a MailAccount) error
	// FullMailbox notes that a mailbox was full for good at a time, and returns when that was noted last: zero if never, or if
	// Prune has removed it. Addresses are the same whatever their case.
	FullMailbox(ctx context.Context, address string, at time.Time) (before time.Time, err error)
	// MailsSent returns how many mails an account has sent after a time, and the times of the earliest of them, at most
	// limit, in rising order: each is when one more may be sent under a rolling quota. It counts every attempt that was
	// committed and not taken back (Settlement.Uncommitted), so ambiguous ones count, those under way at the time of their
	// claim, and what was erased since. Of more than 48 hours ago, what Prune has removed does not count.
	MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error)
	// Suppressed lists the addresses to which nothing is sent, with the reasons, by address in lower case; addresses are
	// the same whatever their case. Nothing but Unsuppress takes one off, not even erasing the person.
	Suppressed(ctx context.Context) (map[string]string, error)
	// Unsuppress takes an address off the list; ErrNotFound when it is not on it.
	Unsuppress(ctx context.Context, address string) error
}

// A MailAccount is the state of one account, or of a domain of senders.
type MailAccount struct {
	Name        string     // of a domain: @ and the domain
	Credential  SecretHash // of the host, user and secret that the state is about: another one begins afresh
	ParkedUntil time.Time  // nothing is tried before; zero: not parked
	NeedsPerson bool       // parked until the credential changes
	Reason      string     // why, and the mend; holds no secret
	Strikes     int        // failures of the same kind in a row, for the length of the next pause
	SlowUntil   time.Time  // until then it sends slowly, for its server found it too fast; zero: at its own rate
}
