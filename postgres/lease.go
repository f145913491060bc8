package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/belfryhq/belfry"
)

// maxAttempts is how many of a delivery are kept: the last.
const maxAttempts = 50

// Prepare implements [belfry.Outbox].
func (s *Store) Prepare(ctx context.Context, l belfry.Lease, messageID string, message []byte) error {
	return failure("prepare", s.underLease(ctx, l, func(ctx context.Context, t *tx, v *parcel) error {
		if len(message) == 0 {
			return belfry.Errorf(belfry.CodeInvalid, "The mail has no bytes.")
		}
		n, err := t.exec(ctx, `INSERT INTO belfry.messages AS m (id, message) VALUES ($1,$2)
			ON CONFLICT (id) DO UPDATE SET message=excluded.message WHERE m.message IS NULL`, key(l.Delivery), message)
		if err == nil && n == 0 {
			return belfry.Errorf(belfry.CodeInvalid, "The mail has its bytes already.")
		}
		t.queue(`UPDATE belfry.deliveries SET message_id=$1 WHERE id=$2`, clean(messageID), key(l.Delivery))
		return err
	}))
}

// Commit implements [belfry.Outbox].
func (s *Store) Commit(ctx context.Context, l belfry.Lease, account string) error {
	return failure("commit", s.underLease(ctx, l, func(_ context.Context, t *tx, v *parcel) error {
		t.commitMail(v, account)
		return nil
	}))
}

func (t *tx) commitMail(v *parcel, account string) {
	if v.entry.IsZero() {
		v.entry = t.store.mint(fromMilli(v.leasedAt))
	}
	t.queue(`INSERT INTO belfry.mails_sent VALUES ($1,$2,$3) ON CONFLICT (id) DO UPDATE SET account=excluded.account, at=excluded.at`,
		key(v.entry), account, v.leasedAt)
	t.queue(`UPDATE belfry.deliveries SET account=$1, committed=true, entry=$2 WHERE id=$3`, account, key(v.entry), key(v.id))
}

// Settle implements [belfry.Outbox].
func (s *Store) Settle(ctx context.Context, l belfry.Lease, settlement belfry.Settlement) error {
	return failure("settle", s.underLease(ctx, l, func(ctx context.Context, t *tx, v *parcel) error {
		return t.settleMail(ctx, v, &settlement)
	}))
}

// A parcel is a mail under a lease, or one that goes with such a mail.
type parcel struct {
	id                belfry.ID
	leasedAt          int64
	entry             belfry.ID // of mails_sent; zero: none under this lease
	committed, folded bool
	doomed, to        string
	attempts          string // JSON
}

// leased locks what a lease is about and returns it, as long as it holds.
func (t *tx) leased(ctx context.Context, l belfry.Lease) (v *parcel, err error) {
	err = t.query(ctx, func(r row) error {
		v = &parcel{l.Delivery, r.int(0), r.id(1), r.is(2), !r.null(6), r.text(3), r.text(4), r.text(5)}
		return nil
	}, `SELECT leased_at, entry, committed, doomed, recipient, attempts, folded FROM belfry.deliveries
		WHERE id=$1 AND state='queued' AND leased_at IS NOT NULL AND token=$2 FOR UPDATE`, key(l.Delivery), l.Token)
	if err == nil && v == nil {
		err = belfry.ErrLeaseLost
	}
	return v, err
}

// underLease changes what a lease is about.
func (s *Store) underLease(ctx context.Context, l belfry.Lease, change func(context.Context, *tx, *parcel) error) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.leased(ctx, l)
		if err != nil {
			return err
		}
		return change(ctx, t, v)
	})
}

func (t *tx) settleMail(ctx context.Context, v *parcel, s *belfry.Settlement) error {
	if s.Suppress != "" {
		t.queue(`INSERT INTO belfry.suppressions VALUES ($1,$2) ON CONFLICT (address) DO UPDATE SET reason=excluded.reason`,
			strings.ToLower(v.to), clean(s.Suppress))
	}
	t.account(v, s)
	if v.folded {
		return t.settleFolded(ctx, v, s)
	}
	return t.conclude(v, s, v.doomed != "", "")
}

// conclude stores what a mail was settled as. stop: nothing that it says is wanted any more. with begins the reason of one that
// went with another.
func (t *tx) conclude(v *parcel, s *belfry.Settlement, stop bool, with string) error {
	attempts, err := v.attempted(s.Attempt)
	if err != nil {
		return err
	}
	committed := v.committed && !s.Uncommitted && s.State != belfry.Sent
	state, reason := s.State, with+s.Reason
	var next, sentAt *int64
	var doomed *string
	switch {
	case state == belfry.Sent:
		sentAt = new(s.At.UnixMilli())
	case state != belfry.Queued:
	case committed && stop:
		state, reason = belfry.Ambiguous, with+notAgain+v.doomed
	case !committed && v.doomed != "":
		state, reason = belfry.Canceled, v.doomed
	default:
		next, doomed = new(s.NextAttemptAt.UnixMilli()), orNull(v.doomed)
	}
	due := next
	if with != "" {
		due = nil
	}
	counts := 0
	if s.Counts {
		counts = 1
	}
	t.queue(`UPDATE belfry.deliveries SET state=$1, reason=$2, sent_at=$3, next_attempt_at=$4, due=$5, attempts=$6, tries=tries+$7,
		committed=$8, leased_at=NULL, doomed=$9, entry=NULL, fold=$10,
		account=CASE WHEN committed OR pinned OR $11::text='' THEN account ELSE $11::text END WHERE id=$12`,
		string(state), clean(reason), sentAt, next, due, attempts, counts, committed, doomed,
		s.Fold && state == belfry.Queued, s.Account, key(v.id))
	return nil
}

// attempted adds an attempt to those stored.
func (v *parcel) attempted(a *belfry.Attempt) (*string, error) {
	if a == nil {
		return orNull(v.attempts), nil
	}
	var all []belfry.Attempt
	if v.attempts != "" {
		if err := json.Unmarshal([]byte(v.attempts), &all); err != nil {
			return nil, fmt.Errorf("read stored attempts: %w", err)
		}
	}
	all = append(all, *a)
	return attemptsJSON(all[max(0, len(all)-maxAttempts):])
}

// account moves what the commit under the lease counts to when it happened, or takes it back.
func (t *tx) account(v *parcel, s *belfry.Settlement) {
	const move = `UPDATE belfry.mails_sent SET at=$1 WHERE id=$2`
	switch {
	case v.entry.IsZero():
	case s.Uncommitted:
		t.queue(`DELETE FROM belfry.mails_sent WHERE id=$1`, key(v.entry))
	case s.State == belfry.Sent:
		t.queue(move, s.At.UnixMilli(), key(v.entry))
	case s.Attempt != nil:
		t.queue(move, s.Attempt.At.UnixMilli(), key(v.entry))
	}
}
