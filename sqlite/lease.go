package sqlite

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
	return failure("prepare", s.writer.do(ctx, 2, func(t *tx) error {
		v, err := t.leased(l)
		if err != nil {
			return err
		}
		if len(message) == 0 {
			return belfry.Errorf(belfry.CodeInvalid, "The mail has no bytes.")
		}
		n, err := t.exec(`INSERT INTO messages (key, message) VALUES (?,?)
			ON CONFLICT (key) DO UPDATE SET message=excluded.message WHERE message IS NULL`, v.key, message)
		if err == nil && n == 0 {
			return belfry.Errorf(belfry.CodeInvalid, "The mail has its bytes already.")
		}
		if err == nil {
			_, err = t.exec(`UPDATE deliveries SET message_id=? WHERE key=?`, messageID, v.key)
		}
		return err
	}))
}

// Commit implements [belfry.Outbox].
func (s *Store) Commit(ctx context.Context, l belfry.Lease, account string) error {
	return failure("commit", s.writer.do(ctx, 2, func(t *tx) error {
		v, err := t.leased(l)
		if err != nil {
			return err
		}
		return t.commitMail(v, account)
	}))
}

func (t *tx) commitMail(v *parcel, account string) error {
	if v.entry == 0 {
		v.entry = t.mint(fromMilli(v.leasedAt))
	}
	if _, err := t.exec(`INSERT OR REPLACE INTO mails_sent VALUES (?,?,?)`, v.entry, account, v.leasedAt); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE deliveries SET account=?, committed=1, entry=? WHERE key=?`, account, v.entry, v.key)
	return err
}

// Settle implements [belfry.Outbox].
func (s *Store) Settle(ctx context.Context, l belfry.Lease, settlement belfry.Settlement) error {
	return failure("settle", s.writer.do(ctx, 2, func(t *tx) error {
		v, err := t.leased(l)
		if err != nil {
			return err
		}
		return t.settleMail(v, l.Delivery, &settlement)
	}))
}

// A parcel is a mail under a lease, or one that goes with such a mail.
type parcel struct {
	key, leasedAt, entry int64
	committed, folded    bool
	doomed, to           string
	attempts             string // JSON
}

// leased returns what a lease is about, as long as it holds.
func (t *tx) leased(l belfry.Lease) (*parcel, error) {
	key, random, ok := fromID(l.Delivery)
	if !ok {
		return nil, belfry.ErrLeaseLost
	}
	var v *parcel
	err := t.query(func(r row) error {
		v = &parcel{key, r.int(0), r.int(1), r.int(2) != 0, !r.null(6), r.text(3), r.text(4), r.text(5)}
		return nil
	}, `SELECT leased_at, entry, committed, doomed, recipient, attempts, folded FROM deliveries
		WHERE key=? AND rand=? AND +state='queued' AND leased_at IS NOT NULL AND token=?`, key, random, l.Token)
	if err == nil && v == nil {
		err = belfry.ErrLeaseLost
	}
	return v, err
}

func (t *tx) settleMail(v *parcel, id belfry.ID, s *belfry.Settlement) error {
	if s.Suppress != "" {
		if _, err := t.exec(`INSERT OR REPLACE INTO suppressions VALUES (?,?)`, strings.ToLower(v.to), s.Suppress); err != nil {
			return err
		}
	}
	if err := t.account(v, s); err != nil {
		return err
	}
	if v.folded {
		return t.settleFolded(v, id, s)
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
	state, reason, next, sentAt, doomed := s.State, with+s.Reason, any(nil), any(nil), any(nil)
	switch {
	case state == belfry.Sent:
		sentAt = s.At.UnixMilli()
	case state != belfry.Queued:
	case committed && stop:
		state, reason = belfry.Ambiguous, with+notAgain+v.doomed
	case !committed && v.doomed != "":
		state, reason = belfry.Canceled, v.doomed
	default:
		next, doomed = s.NextAttemptAt.UnixMilli(), textOrNull(v.doomed)
	}
	due := next
	if with != "" {
		due = nil
	}
	_, err = t.exec(`UPDATE deliveries SET state=?1, reason=?2, sent_at=?3, next_attempt_at=?4, due=?5, attempts=?6, tries=tries+?7,
		committed=?8, leased_at=NULL, doomed=?9, entry=NULL, fold=?10, account=iif(committed=1 OR pinned=1 OR ?11='', account, ?11)
		WHERE key=?12`, string(state), reason, sentAt, next, due, attempts, oneIf(s.Counts), oneIf(committed), doomed,
		oneIf(s.Fold && state == belfry.Queued), s.Account, v.key)
	return err
}

// attempted adds an attempt to those stored.
func (v *parcel) attempted(a *belfry.Attempt) (any, error) {
	if a == nil {
		return textOrNull(v.attempts), nil
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
func (t *tx) account(v *parcel, s *belfry.Settlement) (err error) {
	switch {
	case v.entry == 0:
	case s.Uncommitted:
		_, err = t.exec(`DELETE FROM mails_sent WHERE key=?`, v.entry)
	case s.State == belfry.Sent:
		_, err = t.exec(`UPDATE mails_sent SET at=? WHERE key=?`, s.At.UnixMilli(), v.entry)
	case s.Attempt != nil:
		_, err = t.exec(`UPDATE mails_sent SET at=? WHERE key=?`, s.Attempt.At.UnixMilli(), v.entry)
	}
	return err
}
