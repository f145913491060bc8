package belfry

import "time"

// A DeliveryState says how far a delivery has come.
type DeliveryState string

// The states.
const (
	Queued    DeliveryState = "queued"    // to be sent
	Sent      DeliveryState = "sent"      // done; of a mail: the server's own 250 is stored
	Captured  DeliveryState = "captured"  // no mail server is set: kept for viewing, never leaves
	Ambiguous DeliveryState = "ambiguous" // the server's answer to a whole mail was lost
	Failed    DeliveryState = "failed"    // given up
	Skipped   DeliveryState = "skipped"   // not wanted, or impossible
	Canceled  DeliveryState = "canceled"  // read, retracted or switched off before it left
)

// A Delivery is one notification going to one person by one channel.
type Delivery struct {
	ID             ID
	NotificationID ID
	User           string
	Channel        Channel
	To             string // an email address; empty in app
	State          DeliveryState
	Reason         string // why it is in that state, for the operator
	MessageID      string
	CreatedAt      time.Time
	SentAt         time.Time
	NextAttemptAt  time.Time
	Attempts       []Attempt // the oldest first; at most the last 50
	Tries          int       // attempts that counted
	Account        string    // by which it was sent, or last tried

	// Plan is set on the way in only, with an email delivery that is Queued or Captured.
	Plan *MailPlan
}

// An Attempt is one try at a delivery, and what the other side said.
type Attempt struct {
	At           time.Time
	Stage        string // of the SMTP dialogue
	Code         int
	EnhancedCode string
	Text         string
}
