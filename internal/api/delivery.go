package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/belfryhq/belfry"
)

// deliveries is GET /api/v1/deliveries/.
func (a *API) deliveries(c *call) error {
	q, err := newQuery(c)
	if err != nil {
		return err
	}
	q.only("state", "channel", "user_id", "limit", "after")
	d := belfry.DeliveryQuery{
		State: belfry.DeliveryState(q.get("state")), Channel: belfry.Channel(q.get("channel")), User: q.get("user_id"),
		After: q.id("after"), Limit: q.number("limit", pageDefault, 1, pageMost),
	}
	if d.State != "" && !slices.Contains(deliveryStates(), d.State) {
		q.fault("state", "must be queued, sent, captured, ambiguous, failed, skipped or canceled")
	}
	if d.Channel != "" && !slices.Contains(belfry.Channels(), d.Channel) {
		q.fault("channel", "must be in_app or email")
	}
	if d.User != "" && belfry.ValidateUserID(d.User) != nil {
		q.fault("user_id", "must be a user id of 1 to 255 printable characters")
	}
	if err := q.err(); err != nil {
		return err
	}
	page, err := a.Service.Deliveries(c.ctx(), d)
	if err != nil {
		return err
	}
	p := a.buffer()
	b := append(*p, `{"results":[`...)
	defer func() { a.give(p, b) }()
	for i := range page.Results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDelivery(b, &page.Results[i])
	}
	b = append(b, `],"next":`...)
	if page.Next.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendID(b, page.Next)
	}
	b = append(b, '}')
	return c.answer(http.StatusOK, b)
}

func deliveryStates() []belfry.DeliveryState {
	return []belfry.DeliveryState{
		belfry.Queued, belfry.Sent, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled,
	}
}

// delivery is GET /api/v1/deliveries/{id}/.
func (a *API) delivery(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	d, _, err := a.Service.Delivery(c.ctx(), id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, appendDelivery(make([]byte, 0, 1024), &d))
}

// retryDelivery is POST /api/v1/deliveries/{id}/retry/.
func (a *API) retryDelivery(c *call) error {
	if err := a.readOptional(c, &struct{}{}); err != nil {
		return err
	}
	id, err := c.pathID()
	if err != nil {
		return err
	}
	d, err := a.Service.RetryDelivery(c.ctx(), id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, appendDelivery(make([]byte, 0, 1024), &d))
}

// deliveryMessage is GET /api/v1/deliveries/{id}/message/: a file to open in a mail reader, never a page.
func (a *API) deliveryMessage(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	_, message, err := a.Service.Delivery(c.ctx(), id)
	switch {
	case err != nil:
		return err
	case message == nil:
		return belfry.Errorf(belfry.CodeUnknown, "This delivery has no message: it is not a mail, or was not rendered yet.")
	}
	h := c.Header()
	h.Set("Content-Type", "message/rfc822")
	h.Set("Content-Disposition", `attachment; filename="`+id.String()+`.eml"`)
	h.Set("Content-Length", strconv.Itoa(len(message)))
	c.WriteHeader(http.StatusOK)
	_, _ = c.Write(message) // the client is gone when this fails
	return nil
}

// appendDelivery appends the wire form of a delivery.
func appendDelivery(b []byte, d *belfry.Delivery) []byte {
	b = appendID(append(b, `{"id":`...), d.ID)
	b = appendID(append(b, `,"notification_id":`...), d.NotificationID)
	b = appendUserID(append(b, `,"user_id":`...), d.User)
	b = belfry.AppendString(append(b, `,"channel":`...), string(d.Channel))
	b = belfry.AppendString(append(b, `,"to":`...), d.To)
	b = belfry.AppendString(append(b, `,"state":`...), string(d.State))
	b = belfry.AppendString(append(b, `,"reason":`...), d.Reason)
	b = belfry.AppendString(append(b, `,"message_id":`...), d.MessageID)
	b = belfry.AppendTime(append(b, `,"created_at":`...), d.CreatedAt)
	b = belfry.AppendTime(append(b, `,"sent_at":`...), d.SentAt)
	b = belfry.AppendTime(append(b, `,"next_attempt_at":`...), d.NextAttemptAt)
	b = append(b, `,"attempts":[`...)
	for i, t := range d.Attempts {
		if i > 0 {
			b = append(b, ',')
		}
		b = belfry.AppendTime(append(b, `{"at":`...), t.At)
		b = belfry.AppendString(append(b, `,"stage":`...), t.Stage)
		b = strconv.AppendInt(append(b, `,"code":`...), int64(t.Code), 10)
		b = belfry.AppendString(append(b, `,"enhanced_code":`...), t.EnhancedCode)
		b = append(belfry.AppendString(append(b, `,"text":`...), t.Text), '}')
	}
	return append(b, ']', '}')
}
