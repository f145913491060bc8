package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

func (t *tx) insertDelivery(d *belfry.Delivery, notificationKey int64, p *person, at time.Time) error {
	var attempts any
	if len(d.Attempts) > 0 {
		b, err := json.Marshal(d.Attempts)
		if err != nil {
			return err
		}
		attempts = string(b)
	}
	_, err := t.exec(`INSERT INTO deliveries VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`, t.mint(at), randomBits(), notificationKey, p.uid,
		string(d.Channel), d.To, string(d.State), d.Reason, d.MessageID, at.UnixMilli(), milli(d.SentAt), milli(d.NextAttemptAt), attempts)
	return err
}

// deliveries returns those of a notification, in the order in which they were recorded.
func deliveries(c *conn, n *note) (found []belfry.Delivery, err error) {
	err = c.query(func(r row) error {
		d := belfry.Delivery{
			ID: toID(r.int(0), r.int(1)), NotificationID: n.n.ID, User: r.text(2), Channel: belfry.Channel(r.text(3)), To: r.text(4),
			State: belfry.DeliveryState(r.text(5)), Reason: r.text(6), MessageID: r.text(7), CreatedAt: r.time(8), SentAt: r.time(9),
			NextAttemptAt: r.time(10),
		}
		if !r.null(11) {
			if err := json.Unmarshal([]byte(r.text(11)), &d.Attempts); err != nil {
				return fmt.Errorf("read stored attempts: %w", err)
			}
		}
		found = append(found, d)
		return nil
	}, `SELECT d.key, d.rand, u.user_id, d.channel, d.recipient, d.state, d.reason, d.message_id, d.created_at, d.sent_at,
		d.next_attempt_at, d.attempts FROM deliveries d JOIN users u USING (uid) WHERE d.notification_key=? ORDER BY d.key`, n.key)
	return found, err
}
