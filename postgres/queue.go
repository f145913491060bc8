package postgres

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// Deliveries implements [belfry.Outbox].
func (s *Store) Deliveries(ctx context.Context, q belfry.DeliveryQuery) (page belfry.DeliveryPage, err error) {
	sql, args := listing(q)
	err = s.one(ctx, func(ctx context.Context, l *link) error {
		page.Results, err = listed(ctx, l, sql, args...)
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

// listing returns the statement for a query, and its arguments.
func listing(q belfry.DeliveryQuery) (sql string, args []any) {
	args = []any{int64(max(q.Limit, 1)) + 1}
	where := `true`
	and := func(condition string, arg any) {
		args = append(args, arg)
		where += ` AND ` + fmt.Sprintf(condition, len(args))
	}
	if !q.After.IsZero() {
		and(`d.id < $%d`, key(q.After))
	}
	switch q.State {
	case "":
	case belfry.Ambiguous:
		where += ` AND d.state <> 'sent' AND (d.state='ambiguous' OR d.state='queued' AND d.committed AND d.leased_at IS NULL)`
	case belfry.Queued:
		where += ` AND d.state='queued' AND (NOT d.committed OR d.leased_at IS NOT NULL)`
	case belfry.Captured, belfry.Failed, belfry.Skipped, belfry.Canceled:
		where += ` AND d.state <> 'sent'`
		and(`d.state=$%d`, string(q.State))
	default:
		and(`d.state=$%d`, string(q.State))
	}
	if q.User != "" {
		and(`d.uid=(SELECT uid FROM belfry.users WHERE user_id=$%d)`, q.User)
	}
	if q.Channel != "" {
		and(`d.channel=$%d`, string(q.Channel))
	}
	return `SELECT ` + shownColumns + `, u.user_id FROM belfry.deliveries d JOIN belfry.users u ON u.uid = d.uid
		WHERE ` + where + ` ORDER BY d.id DESC LIMIT $1`, args
}

// QueuedMails implements [belfry.QueueCounter], from an index that holds nothing else.
func (s *Store) QueuedMails(ctx context.Context) (map[belfry.MailClass]int, error) {
	queued := map[belfry.MailClass]int{}
	err := s.ask(ctx, func(r row) error {
		queued[belfry.MailClass(r.int(0))] = int(r.int(1))
		return nil
	}, `SELECT class, count(*) FROM belfry.deliveries WHERE state='queued' GROUP BY class`)
	if err != nil {
		return nil, failure("queued mails", err)
	}
	return queued, nil
}

// Delivery implements [belfry.Outbox].
func (s *Store) Delivery(ctx context.Context, id belfry.ID) (d belfry.Delivery, message []byte, err error) {
	found := false
	err = s.ask(ctx, func(r row) (err error) {
		found = true
		d, err = scanDelivery(r, r.text(deliveryWidth))
		message = bytes.Clone(r.blob(deliveryWidth + 1))
		return err
	}, `SELECT `+shownColumns+`, u.user_id, m.message FROM belfry.deliveries d JOIN belfry.users u ON u.uid = d.uid
		LEFT JOIN belfry.messages m ON m.id = coalesce(d.folded, d.id) WHERE d.id=$1`, key(id))
	if err == nil && !found {
		err = belfry.ErrNotFound
	}
	if err != nil {
		return belfry.Delivery{}, nil, failure("delivery", err)
	}
	return d, message, nil
}

// Retry implements [belfry.Outbox].
func (s *Store) Retry(ctx context.Context, id belfry.ID, at time.Time) (out belfry.Delivery, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		out, err = t.retry(ctx, id, at.UnixMilli())
		return err
	})
	if err != nil {
		return belfry.Delivery{}, failure("retry", err)
	}
	return out, nil
}

func (t *tx) retry(ctx context.Context, id belfry.ID, at int64) (d belfry.Delivery, err error) {
	// The person first, as whoever cancels mails does.
	uid, err := t.number(ctx, `SELECT uid FROM belfry.deliveries WHERE id=$1`, key(id))
	if err != nil {
		return d, err
	}
	if err := t.lockOwners(ctx, []int64{uid}); err != nil {
		return d, err
	}
	var n *note
	err = t.query(ctx, func(r row) (err error) {
		if n, err = scanNote(r); err != nil {
			return err
		}
		d, err = scanDelivery(r[noteWidth:], "")
		return err
	}, `SELECT `+noteColumns+`, `+deliveryColumns+` FROM belfry.deliveries d JOIN belfry.notifications n ON n.id = d.notification_id
		WHERE d.id=$1 FOR UPDATE OF d`, key(id))
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
	if alone, err := t.leaveFold(ctx, id); err != nil {
		return d, err
	} else if alone {
		d.MessageID = ""
	}
	t.queue(`UPDATE belfry.deliveries SET state='queued', reason=$1, sent_at=NULL, next_attempt_at=$2, due=$2, tries=0, committed=false,
		give_up_at=$2+life, pinned=pinned OR state='ambiguous', message_id=$3, fold=false WHERE id=$4`, reasonAgain, at, d.MessageID, key(id))
	t.queue(`UPDATE belfry.notifications SET mail=true WHERE id=$1 AND NOT mail`, key(n.n.ID))
	return d, nil
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
	case n.status == statusDeleted || n.status == statusGone || n.over(at):
		return "The notification is gone: send a new one."
	case strings.TrimSpace(d.To) == "":
		return "The mail has no address: store one for the person, and send a new notification."
	default:
		return ""
	}
}
