package sqlite

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Deliveries implements [belfry.Outbox].
func (s *Store) Deliveries(ctx context.Context, q belfry.DeliveryQuery) (page belfry.DeliveryPage, err error) {
	sql, args := listing(q)
	err = s.readers.one(ctx, func(c *conn) error {
		page.Results, err = listed(c, sql, args...)
		return err
	})
	if err != nil {
		return belfry.DeliveryPage{}, failure("deliveries", err)
	}
	if q.Limit > 0 && len(page.Results) > q.Limit {
		page.Results = page.Results[:q.Limit]
		page.Next = page.Results[q.Limit-1].ID
	}
	return page, nil
}

// QueuedMails implements [belfry.QueueCounter], from an index that holds nothing else.
func (s *Store) QueuedMails(ctx context.Context) (map[belfry.MailClass]int, error) {
	queued := map[belfry.MailClass]int{}
	err := s.readers.one(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			queued[belfry.MailClass(r.int(0))] = int(r.int(1))
			return nil
		}, `SELECT class, count(*) FROM deliveries INDEXED BY deliveries_due WHERE state='queued' GROUP BY class`)
	})
	if err != nil {
		return nil, failure("queued mails", err)
	}
	return queued, nil
}

// deliveryStates are those that a list may be of: their names stand in the statement, so that it can use an index of
// the unsent.
var deliveryStates = [...]belfry.DeliveryState{
	belfry.Queued, belfry.Sent, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled,
}

// listing returns the statement that walks the shortest index there is for a query, and its arguments.
func listing(q belfry.DeliveryQuery) (sql string, args []any) {
	after := int64(math.MaxInt64)
	if !q.After.IsZero() {
		after, _, _ = fromID(q.After)
	}
	args = []any{after, int64(max(q.Limit, 1)) + 1}
	index, where := `NOT INDEXED`, `d.key < ?1`
	switch {
	case q.State == "":
	case q.State == belfry.Ambiguous:
		where += ` AND d.key IN (SELECT key FROM deliveries INDEXED BY deliveries_state WHERE state='ambiguous' AND state <> 'sent'
			UNION ALL SELECT key FROM deliveries INDEXED BY deliveries_committed WHERE state='queued' AND committed=1 AND leased_at IS NULL)`
	case slices.Contains(deliveryStates[:], q.State):
		where += ` AND d.state='` + string(q.State) + `'`
		if q.State == belfry.Queued {
			where += ` AND (d.committed=0 OR d.leased_at IS NOT NULL)`
		}
		if q.State != belfry.Sent {
			index = `INDEXED BY deliveries_state`
			where += ` AND d.state <> 'sent'`
		}
	default:
		where += ` AND 0`
	}
	if q.User != "" {
		index = `INDEXED BY deliveries_user`
		args = append(args, q.User)
		where += ` AND d.uid=(SELECT uid FROM users WHERE user_id=?3)`
	}
	if q.Channel != "" {
		args = append(args, string(q.Channel))
		where += ` AND d.channel=?` + string(rune('0'+len(args)))
	}
	return `SELECT ` + shownColumns + `, u.user_id FROM deliveries d ` + index + ` CROSS JOIN notifications n ON n.key = d.notification_key
		CROSS JOIN users u ON u.uid = d.uid WHERE ` + where + ` ORDER BY d.key DESC LIMIT ?2`, args
}

// Delivery implements [belfry.Outbox].
func (s *Store) Delivery(ctx context.Context, id belfry.ID) (d belfry.Delivery, message []byte, err error) {
	key, random, ok := fromID(id)
	if !ok {
		return belfry.Delivery{}, nil, belfry.ErrNotFound
	}
	err = s.readers.one(ctx, func(c *conn) error {
		found := false
		err := c.query(func(r row) (err error) {
			found = true
			d, err = scanDelivery(r, r.text(deliveryWidth))
			message = bytes.Clone(r.blob(deliveryWidth + 1))
			return err
		}, `SELECT `+shownColumns+`, u.user_id, m.message FROM deliveries d JOIN notifications n ON n.key = d.notification_key
			JOIN users u ON u.uid = d.uid LEFT JOIN messages m ON m.key = ifnull(d.folded, d.key) WHERE d.key=? AND d.rand=?`, key, random)
		if err == nil && !found {
			err = belfry.ErrNotFound
		}
		return err
	})
	if err != nil {
		return belfry.Delivery{}, nil, failure("delivery", err)
	}
	return d, message, nil
}

// Retry implements [belfry.Outbox].
func (s *Store) Retry(ctx context.Context, id belfry.ID, at time.Time) (belfry.Delivery, error) {
	var out belfry.Delivery
	err := s.writer.do(ctx, 2, func(t *tx) (err error) {
		out, err = t.retry(id, at.UnixMilli())
		return err
	})
	if err != nil {
		return belfry.Delivery{}, failure("retry", err)
	}
	return out, nil
}

func (t *tx) retry(id belfry.ID, at int64) (d belfry.Delivery, err error) {
	key, random, ok := fromID(id)
	if !ok {
		return d, belfry.ErrNotFound
	}
	var n *note
	err = t.query(func(r row) (err error) {
		if n, err = scanNote(r); err != nil {
			return err
		}
		d, err = scanDelivery(r[noteWidth:], "")
		return err
	}, `SELECT `+noteColumns+`, `+deliveryColumns+` FROM deliveries d JOIN notifications n ON n.key = d.notification_key
		WHERE d.key=? AND d.rand=?`, key, random)
	switch {
	case err != nil:
		return d, err
	case n == nil:
		return d, belfry.ErrNotFound
	}
	if why := final(&d, n, at); why != "" {
		return d, belfry.Errorf(belfry.CodeConflict, "%s", why)
	}
	p, err := t.owner(n.uid)
	if err != nil {
		return d, err
	}
	d.User, d.State, d.Reason, d.SentAt, d.NextAttemptAt, d.Tries = p.user.ID, belfry.Queued, reasonAgain, time.Time{}, fromMilli(at), 0
	if alone, err := t.leaveFold(key); err != nil {
		return d, err
	} else if alone {
		d.MessageID = ""
	}
	if _, err := t.exec(`UPDATE deliveries SET state='queued', reason=?3, sent_at=NULL, next_attempt_at=?1, due=?1, tries=0, committed=0,
		give_up_at=?1+life, pinned=pinned OR state='ambiguous', message_id=?4, fold=0 WHERE key=?2`, at, key, reasonAgain, d.MessageID); err != nil {
		return d, err
	}
	_, err = t.exec(`UPDATE notifications SET mail=1 WHERE key=? AND mail=0`, n.key)
	return d, err
}

// final says why a delivery cannot be queued anew; empty: it can.
func final(d *belfry.Delivery, n *note, at int64) string {
	switch {
	case d.Channel != belfry.Email:
		return "Only mail is sent again."
	case d.State == belfry.Sent:
		return "The mail was sent."
	case d.State == belfry.Queued:
		return "The mail is queued already."
	case n.status == statusDeleted || n.status == statusGone || !n.n.ExpiresAt.IsZero() && n.n.ExpiresAt.UnixMilli() <= at:
		return "The notification is gone: send a new one."
	case strings.TrimSpace(d.To) == "":
		return "The mail has no address: store one for the person, and send a new notification."
	default:
		return ""
	}
}
