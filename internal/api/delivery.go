package api

import (
	"strconv"

	"github.com/belfryhq/belfry"
)

// appendDelivery appends the wire form of a delivery.
func appendDelivery(b []byte, d *belfry.Delivery) []byte {
	b = appendID(append(b, `{"id":`...), d.ID)
	b = appendID(append(b, `,"notification_id":`...), d.NotificationID)
	b = appendUserID(append(b, `,"user_id":`...), d.User)
	b = appendString(append(b, `,"channel":`...), string(d.Channel))
	b = appendString(append(b, `,"to":`...), d.To)
	b = appendString(append(b, `,"state":`...), string(d.State))
	b = appendString(append(b, `,"reason":`...), d.Reason)
	b = appendString(append(b, `,"message_id":`...), d.MessageID)
	b = belfry.AppendTime(append(b, `,"created_at":`...), d.CreatedAt)
	b = belfry.AppendTime(append(b, `,"sent_at":`...), d.SentAt)
	b = belfry.AppendTime(append(b, `,"next_attempt_at":`...), d.NextAttemptAt)
	b = append(b, `,"attempts":[`...)
	for i, t := range d.Attempts {
		if i > 0 {
			b = append(b, ',')
		}
		b = belfry.AppendTime(append(b, `{"at":`...), t.At)
		b = appendString(append(b, `,"stage":`...), t.Stage)
		b = strconv.AppendInt(append(b, `,"code":`...), int64(t.Code), 10)
		b = appendString(append(b, `,"enhanced_code":`...), t.EnhancedCode)
		b = append(appendString(append(b, `,"text":`...), t.Text), '}')
	}
	return append(b, ']', '}')
}
