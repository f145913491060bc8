package storetest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// A delivery is a row of the outbox, or the record of what needed none.
type delivery struct {
	d         belfry.Delivery
	plan      belfry.MailPlan
	life      time.Duration // from CreatedAt to GiveUpAt, as first planned
	due       time.Time     // when it may be claimed: NextAttemptAt, or the end of its lease
	leased    bool
	leasedAt  time.Time
	token     int64
	committed bool
	doomed    string // why it was to be canceled, when it could not be
	message   []byte
	entry     *sentMail // of the commit under the lease
	fold      bool      // it may go with others
	bearer    *delivery // the one that has the bytes and the lease for all that go as one, since the commit
	pinned    bool      // it was ambiguous once
}

// A sentMail counts against an account's quota, whatever becomes of its delivery.
type sentMail struct {
	account string
	at      time.Time
}

// sentAge is how long sent mails are counted at least, fullAge how long it is known that a mailbox was full.
const (
	sentAge = 48 * time.Hour
	fullAge = 7 * 24 * time.Hour
)

func newDelivery(d belfry.Delivery) *delivery {
	out := &delivery{d: d, due: d.NextAttemptAt}
	if d.Plan != nil {
		out.plan = *d.Plan
	}
	if !out.plan.GiveUpAt.IsZero() {
		out.life = out.plan.GiveUpAt.Sub(d.CreatedAt)
	}
	out.d.Plan = nil
	return out
}

// shown is a delivery as people see it: a queued mail that may have been accepted, and that nobody is at, is
// ambiguous.
func (v *delivery) shown() belfry.Delivery {
	d := v.copy()
	if v.committed && !v.leased && d.State == belfry.Queued {
		d.State = belfry.Ambiguous
	}
	return d
}

// copy is the delivery as it is given away.
func (v *delivery) copy() belfry.Delivery {
	d := v.d
	d.Attempts = slices.Clone(d.Attempts)
	return d
}

// cancel takes a queued mail back. One that may have been accepted is not called canceled: whoever holds its lease
// settles it, and it is not sent again.
func (v *delivery) cancel(reason string) {
	switch {
	case v.d.State != belfry.Queued:
	case !v.committed:
		v.end(belfry.Canceled, reason)
	case v.leased, v.bearer != nil:
		v.doomed = reason
	default:
		v.end(belfry.Ambiguous, notAgain+reason)
	}
}

// Why a mail was taken back.
const (
	reasonRead      = "read before it was sent"
	reasonSeen      = "seen before it was sent"
	reasonRetracted = "retracted"
	reasonExpired   = "expired"
	reasonAgain     = "it is sent again, as somebody asked"
	reasonReplaced  = "replaced"
	reasonMuted     = "switched off by the person before it was sent"
	reasonWidowed   = "the mail that it went with is gone"
)

// notAgain begins the reason of a mail that was to be canceled after its answer was lost.
const notAgain = "the server's answer was lost, and it is not sent again: "

// end takes a mail out of the queue.
func (v *delivery) end(state belfry.DeliveryState, reason string) {
	v.d.State, v.d.Reason, v.d.NextAttemptAt = state, reason, time.Time{}
	v.leased, v.due, v.doomed, v.entry, v.fold = false, time.Time{}, "", nil, false
}

// cancelAll takes back the queued mails of a note.
func (r *note) cancelAll(reason string) {
	for _, v := range r.deliveries {
		v.cancel(reason)
	}
}

// cancelRead takes back the queued mails that a change of states makes unnecessary.
func (r *note) cancelRead(before, after *belfry.Notification) {
	for _, v := range r.deliveries {
		switch {
		case v.plan.Unless == belfry.UnlessRead && before.ReadAt.IsZero() && !after.ReadAt.IsZero():
			v.cancel(reasonRead)
		case v.plan.Unless == belfry.UnlessSeen && before.SeenAt.IsZero() && !after.SeenAt.IsZero():
			v.cancel(reasonSeen)
		}
	}
}

// A parcel is a delivery with what it belongs to.
type parcel struct {
	*delivery
	held
}

// each calls with every delivery there is, until it is told to stop.
func (m *Memory) each(call func(parcel) bool) {
	for _, p := range m.people {
		for _, r := range p.notes {
			for _, v := range r.deliveries {
				if !call(parcel{v, held{r, p}}) {
					return
				}
			}
		}
	}
}

// parcels returns every delivery, the newest first.
func (m *Memory) parcels() []parcel {
	var out []parcel
	m.each(func(v parcel) bool {
		out = append(out, v)
		return true
	})
	slices.SortFunc(out, func(a, b parcel) int { return slices.Compare(b.d.ID[:], a.d.ID[:]) })
	return out
}

func (m *Memory) parcel(id belfry.ID) (found parcel, ok bool) {
	m.each(func(v parcel) bool {
		if ok = v.d.ID == id; ok {
			found = v
		}
		return !ok
	})
	return found, ok
}

// Claim implements [belfry.Outbox].
func (m *Memory) Claim(ctx context.Context, q belfry.ClaimQuery) (mails []belfry.Mail, next time.Time, err error) {
	unlock, err := m.lock(ctx, "claim")
	if err != nil {
		return nil, time.Time{}, err
	}
	defer unlock()
	var rest []parcel
	taken := map[*delivery]bool{}
	for _, class := range q.Order {
		full := len(mails) > 0 // by an earlier class
		for _, v := range m.queue(class) {
			switch {
			case taken[v.delivery]: // with another
			case v.due.After(q.Now) || full || len(mails) == q.Limit:
				rest = append(rest, v)
			case v.bearer != nil && m.unwanted(v.delivery, q.Now):
			case v.bearer != nil || !v.over(q.Now):
				mails = append(mails, m.lease(v, q, taken))
				mails[len(mails)-1].With = m.leaseCompany(v, q, taken)
			}
		}
	}
	for _, v := range rest {
		if next.IsZero() || v.due.Before(next) {
			next = v.due
		}
	}
	return mails, next, nil
}

// queue returns the queued mails of a class, the next first.
func (m *Memory) queue(class belfry.MailClass) []parcel {
	var queue []parcel
	m.each(func(v parcel) bool {
		if v.d.State == belfry.Queued && v.plan.Class == class && (v.bearer == nil || v.bearer == v.delivery) {
			queue = append(queue, v)
		}
		return true
	})
	slices.SortFunc(queue, func(a, b parcel) int {
		return cmp.Or(a.due.Compare(b.due), slices.Compare(a.d.ID[:], b.d.ID[:]))
	})
	return queue
}

// over ends a mail that is due and no longer to be sent, and reports whether it did.
func (v parcel) over(now time.Time) bool {
	reason := v.doomed
	if reason == "" && expired(&v.n, now) {
		reason = reasonExpired
	}
	if reason == "" {
		return false
	}
	v.leased = false
	v.cancel(reason)
	return true
}

func (m *Memory) lease(v parcel, q belfry.ClaimQuery, taken map[*delivery]bool) belfry.Mail {
	v.token++
	v.leased, v.leasedAt, v.due, v.entry = true, q.Now, q.Now.Add(q.Lease), nil
	taken[v.delivery] = true
	out := belfry.Mail{
		Lease: belfry.Lease{Delivery: v.d.ID, Token: v.token}, Delivery: v.copy(), Plan: v.plan, Notification: v.n,
		User: v.owner.user, Message: slices.Clone(v.message), Committed: v.committed, Fold: v.fold, Suppressed: m.suppressed[strings.ToLower(v.d.To)],
	}
	if v.committed || v.pinned {
		out.Only = v.d.Account
	}
	if v.bearer != nil {
		for _, one := range m.folded(v.delivery) {
			one.leased = true
			out.Folded++
		}
	}
	return out
}

// QueuedMails implements [belfry.QueueCounter].
func (m *Memory) QueuedMails(ctx context.Context) (map[belfry.MailClass]int, error) {
	unlock, err := m.lock(ctx, "queued mails")
	if err != nil {
		return nil, err
	}
	defer unlock()
	queued := map[belfry.MailClass]int{}
	for _, class := range everyClass {
		n := 0
		m.each(func(v parcel) bool {
			if v.d.State == belfry.Queued && v.plan.Class == class {
				n++
			}
			return true
		})
		if n > 0 {
			queued[class] = n
		}
	}
	return queued, nil
}
