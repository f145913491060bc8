package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/belfryhq/belfry"
)

// deliveryColumns are those of a delivery d, but for whose it is; shownColumns are the same as people see them: a queued
// mail that may have been accepted, and that nobody is at, is ambiguous.
const (
	deliveryColumns = deliveryHead + `d.state` + deliveryTail
	shownColumns    = deliveryHead + `CASE WHEN d.committed AND d.leased_at IS NULL AND d.state='queued' THEN 'ambiguous' ELSE d.state END` + deliveryTail

	deliveryHead = `d.id, d.notification_id, d.channel, d.recipient, `
	deliveryTail = `, d.reason, d.message_id, d.created_at, d.sent_at, d.next_attempt_at, d.attempts, d.tries, d.account`
)

const deliveryWidth = 13 // how many columns these are

func scanDelivery(r row, user string) (belfry.Delivery, error) {
	d := belfry.Delivery{
		ID: r.id(0), NotificationID: r.id(1), User: user, Channel: belfry.Channel(r.text(2)), To: r.text(3),
		State: belfry.DeliveryState(r.text(4)), Reason: r.text(5), MessageID: r.text(6), CreatedAt: r.time(7),
		SentAt: r.time(8), NextAttemptAt: r.time(9), Tries: int(r.int(11)), Account: r.text(12),
	}
	if !r.null(10) {
		if err := json.Unmarshal([]byte(r.text(10)), &d.Attempts); err != nil {
			return d, fmt.Errorf("read stored attempts: %w", err)
		}
	}
	return d, nil
}

// listed returns what a query of shownColumns and then the user's id finds.
func listed(ctx context.Context, l *link, sql string, args ...any) (found []belfry.Delivery, err error) {
	err = l.query(ctx, func(r row) error {
		d, err := scanDelivery(r, r.text(deliveryWidth))
		found = append(found, d)
		return err
	}, sql, args...)
	return found, err
}

// deliveriesOf returns those of notifications, of each in the order in which they were recorded.
func deliveriesOf(ctx context.Context, l *link, of []*note) ([]belfry.Delivery, error) {
	return listed(ctx, l, `SELECT `+shownColumns+`, u.user_id FROM belfry.deliveries d JOIN belfry.users u ON u.uid = d.uid
		WHERE d.notification_id = ANY($1) ORDER BY d.notification_id, d.id`, idsOf(of))
}
