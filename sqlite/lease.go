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
		if v.entry == 0 {
			v.entry = t.mint(fromMilli(v.leasedAt))
		}
		if _, err := t.exec(`INSERT OR REPLACE INTO mails_sent VALUES (?,?,?)`, v.entry, account, v.leasedAt); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE deliveries SET account=?, committed=1, entry=? WHERE key=?`, account, v.entry, v.key)
		return err
	}))
}

// Settle implements [belfry.Outbox].
func (s *Store) Settle(ctx context.Context, l belfry.Lease, settlement belfry.Settlement) error {
	return failure("settle", s.writer.do(ctx, 2, func(t *tx) error {
		v, err := t.leased(l)
		if err != nil {
			return err
		}
		return t.settleMail(v, &settlement)
	}))
}

// A parcel is a mail under a lease.
type parcel struct {
	key, leasedAt, entry int64
	committed            bool
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
		v = &parcel{key, r.int(0), r.int(1), r.int(2) != 0, r.text(3), r.text(4), r.text(5)}
		return nil
	}, `SELECT leased_at, entry, committed, doomed, recipient, attempts FROM deliveries
		WHERE key=? AND rand=? AND +state='queued' AND leased_at IS NOT NULL AND token=?`, key, random, l.Token)
	if err == nil && v == nil {
		err = belfry.ErrLeaseLost
	}
	return v, err
}

func (t *tx) settleMail(v *parcel, s *belfry.Settlement) error {
	attempts, err := v.attempted(s.Attempt)
	if err != nil {
		return err
	}
	if s.Suppress != "" {
		if _, err := t.exec(`INSERT OR REPLACE INTO suppressions VALUES (?,?)`, strings.ToLower(v.to), s.Suppress); err != nil {
			return err
		}
	}
	if err := t.account(v, s); err != nil {
		return err
	}
	committed := v.committed && !s.Uncommitted && s.State != belfry.Sent
	state, reason, next, sentAt := s.State, s.Reason, any(nil), any(nil)
	switch {
	case state == belfry.Sent:
		sentAt = s.At.UnixMilli()
	case state != belfry.Queued:
	case v.doomed != "" && committed:
		state, reason = belfry.Ambiguous, notAgain+v.doomed
	case v.doomed != "":
		state, reason = belfry.Canceled, v.doomed
	default:
		next = s.NextAttemptAt.UnixMilli()
	}
	_, err = t.exec(`UPDATE deliveries SET state=?1, reason=?2, sent_at=?3, next_attempt_at=?4, due=?4, attempts=?5, tries=tries+?6,
		committed=?7, leased_at=NULL, doomed=NULL, entry=NULL WHERE key=?8`, string(state), reason, sentAt, next, attempts, oneIf(s.Counts), oneIf(committed), v.key)
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
