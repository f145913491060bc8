package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// insertDelivery records a delivery of a notification, and queues it when it is a mail that is to be sent.
func (t *tx) insertDelivery(d *belfry.Delivery, notificationKey int64, p *person, at time.Time) error {
	attempts, err := attemptsJSON(d.Attempts)
	if err != nil {
		return err
	}
	var plan belfry.MailPlan
	if d.Plan != nil {
		plan = *d.Plan
	}
	var life, due any
	if !plan.GiveUpAt.IsZero() {
		life = plan.GiveUpAt.UnixMilli() - at.UnixMilli()
	}
	if d.State == belfry.Queued {
		due = d.NextAttemptAt.UnixMilli()
	}
	key := t.mint(at)
	_, err = t.exec(`INSERT INTO deliveries (key, rand, notification_key, uid, channel, recipient, state, reason, message_id,
		created_at, sent_at, next_attempt_at, attempts, class, unless, at_most_once, give_up_at, life, thread, tries, account, due)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, key, randomBits(), notificationKey, p.uid, string(d.Channel), d.To,
		string(d.State), d.Reason, d.MessageID, at.UnixMilli(), milli(d.SentAt), milli(d.NextAttemptAt), attempts,
		int64(plan.Class), string(plan.Unless), oneIf(plan.AtMostOnce), milli(plan.GiveUpAt), life, plan.Thread, int64(d.Tries),
		d.Account, due)
	if err != nil || plan.Content == nil {
		return err
	}
	content, err := json.Marshal(plan.Content)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO messages (key, content) VALUES (?,?)`, key, string(content))
	return err
}

func attemptsJSON(attempts []belfry.Attempt) (any, error) {
	if len(attempts) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(attempts)
	return string(b), err
}

// hasMail tells for notifications.mail.
func hasMail(deliveries []belfry.Delivery) int64 {
	for i := range deliveries {
		if deliveries[i].Channel == belfry.Email {
			return 1
		}
	}
	return 0
}

// deliveryColumns are those of a delivery d of a notification n, but for whose it is; shownColumns are the same as people
// see them: a queued mail that may have been accepted, and that nobody is at, is ambiguous.
const (
	deliveryColumns = deliveryHead + `d.state` + deliveryTail
	shownColumns    = deliveryHead + `CASE WHEN d.committed=1 AND d.leased_at IS NULL AND d.state='queued' THEN 'ambiguous' ELSE d.state END` + deliveryTail

	deliveryHead = `d.key, d.rand, n.key, n.rand, d.channel, d.recipient, `
	deliveryTail = `, d.reason, d.message_id, d.created_at, d.sent_at, d.next_attempt_at, d.attempts, d.tries, d.account`
)

const deliveryWidth = 15 // how many columns these are

func scanDelivery(r row, user string) (belfry.Delivery, error) {
	d := belfry.Delivery{
		ID: toID(r.int(0), r.int(1)), NotificationID: toID(r.int(2), r.int(3)), User: user, Channel: belfry.Channel(r.text(4)),
		To: r.text(5), State: belfry.DeliveryState(r.text(6)), Reason: r.text(7), MessageID: r.text(8), CreatedAt: r.time(9),
		SentAt: r.time(10), NextAttemptAt: r.time(11), Tries: int(r.int(13)), Account: r.text(14),
	}
	if !r.null(12) {
		if err := json.Unmarshal([]byte(r.text(12)), &d.Attempts); err != nil {
			return d, fmt.Errorf("read stored attempts: %w", err)
		}
	}
	return d, nil
}

// listed returns what a query of shownColumns and then the user's id finds. Only readers may ask: in a transaction
// that is open, a person's row may still have to be written.
func listed(c *conn, sql string, args ...any) (found []belfry.Delivery, err error) {
	err = c.query(func(r row) error {
		d, err := scanDelivery(r, r.text(15))
		found = append(found, d)
		return err
	}, sql, args...)
	return found, err
}

// deliveries returns those of a notification, in the order in which they were recorded.
func deliveries(c *conn, n *note) ([]belfry.Delivery, error) {
	return listed(c, `SELECT `+shownColumns+`, u.user_id FROM deliveries d INDEXED BY deliveries_notification
		JOIN notifications n ON n.key = d.notification_key JOIN users u ON u.uid = d.uid
		WHERE d.notification_key=? ORDER BY d.key`, n.key)
}

// dropDeliveries removes those of a notification.
func (t *tx) dropDeliveries(n *note) error {
	if n.mail {
		if err := t.widow(n); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM messages WHERE key IN (SELECT key FROM deliveries WHERE notification_key=?)`, n.key); err != nil {
			return err
		}
	}
	_, err := t.exec(`DELETE FROM deliveries WHERE notification_key=?`, n.key)
	return err
}
