package belfry

import (
	"context"
	"time"
)

// A Deposit is a send that an app left in a transaction of its own, as it left it: nobody has looked at it by any rule yet.
type Deposit struct {
	ID             ID     // what the app was told: the id of the notification, or of the send to several, that it becomes
	Request        []byte // JSON, as POST /api/v1/notifications/ takes it
	IdempotencyKey string // empty: none
}

// An Intake is a Store in which apps leave sends by transactions of their own: nothing of a deposit is to be seen before the
// app has committed, and all that it becomes follows soon after. It is a power of its own: a database that has one process, and
// that no app can open, needs none.
//
// Of deposits whose transactions did not overlap, the earlier one is taken in first, whichever nodes do it; those of one
// transaction in the order in which they were left. Each becomes a notification once, or is refused and kept with the
// reason.
type Intake interface {
	// TakeIn takes in what was left, at most limit deposits and no more than a transaction should hold. It asks read what
	// each is to become: a refusal (an [Error]) puts the deposit aside with its words, any other error is the store's own
	// failure. read may be called several times for one deposit, must be quick and must not call the store. What one
	// deposit's content makes fail is tried again later and later, so that it does not stand in the way of others, and
	// refused in the end. more: call again. The end of ctx ends the waiting for another node that is at it, not what has begun.
	TakeIn(ctx context.Context, now time.Time, limit int, read func(*Deposit) (Accept, error)) (taken []Taken, more bool, err error)

	// WatchIntake calls left, from one goroutine, whenever something may have been left, until ctx ends. It is a doorbell: it
	// may ring in vain, and while the database cannot be heard it does not ring; so look every now and then all the same.
	WatchIntake(ctx context.Context, left func())

	// IntakeState says what stands in the intake, for those who watch it.
	IntakeState(ctx context.Context) (IntakeState, error)
}

// Taken is what became of a [Deposit].
type Taken struct {
	Deposit ID
	Accept  Accept // as read returned it
	Accepted
}

// An IntakeState is what stands in an [Intake].
type IntakeState struct {
	Waiting int       // deposits not taken in yet; counted up to [MaxIntakeCount]
	Oldest  time.Time // when the one was left that has waited longest; zero: none waits
	Refused int       // deposits put aside; counted up to [MaxIntakeCount]
	Last    ID        // the deposit that was refused last; zero: none is there
	Reason  string    // why; the words of [Error]
}

// MaxIntakeCount is where an [IntakeState] stops counting, so that to ask is cheap in the worst of times.
const MaxIntakeCount = 10_000
