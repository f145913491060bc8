package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/belfryhq/belfry"
)

// A delivery is the wire form of a belfry.Delivery.
type delivery struct {
	ID             belfry.ID            `json:"id"`
	NotificationID belfry.ID            `json:"notification_id"`
	User           string               `json:"user_id"`
	Channel        belfry.Channel       `json:"channel"`
	To             string               `json:"to"`
	State          belfry.DeliveryState `json:"state"`
	Reason         string               `json:"reason"`
	MessageID      string               `json:"message_id"`
	CreatedAt      time.Time            `json:"created_at"`
	SentAt         time.Time            `json:"sent_at"`
	NextAttemptAt  time.Time            `json:"next_attempt_at"`
	Attempts       []attempt            `json:"attempts"`
}

type attempt struct {
	At           time.Time `json:"at"`
	Stage        string    `json:"stage"`
	Code         int       `json:"code"`
	EnhancedCode string    `json:"enhanced_code"`
	Text         string    `json:"text"`
}

func (d *delivery) value() belfry.Delivery {
	v := belfry.Delivery{
		ID: d.ID, NotificationID: d.NotificationID, User: d.User, Channel: d.Channel, To: d.To, State: d.State, Reason: d.Reason,
		MessageID: d.MessageID, CreatedAt: d.CreatedAt, SentAt: d.SentAt, NextAttemptAt: d.NextAttemptAt,
	}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, belfry.Attempt(a))
	}
	return v
}

// Deliveries lists deliveries, newest first; a Limit of 0 is the server's default.
func (c *Client) Deliveries(ctx context.Context, q belfry.DeliveryQuery) (belfry.DeliveryPage, error) {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("state", string(q.State))
	set("channel", string(q.Channel))
	set("user_id", q.User)
	if !q.After.IsZero() {
		set("after", q.After.String())
	}
	if q.Limit != 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	var w struct {
		Results []delivery `json:"results"`
		Next    *belfry.ID `json:"next"`
	}
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/deliveries/", query: values, out: &w}); err != nil {
		return belfry.DeliveryPage{}, fmt.Errorf("list deliveries: %w", err)
	}
	var page belfry.DeliveryPage
	for i := range w.Results {
		page.Results = append(page.Results, w.Results[i].value())
	}
	if w.Next != nil {
		page.Next = *w.Next
	}
	return page, nil
}

// Delivery returns one delivery with its attempts; belfry.ErrNotFound when there is none.
func (c *Client) Delivery(ctx context.Context, id belfry.ID) (belfry.Delivery, error) {
	var d delivery
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/deliveries/" + id.String() + "/", out: &d}); err != nil {
		return belfry.Delivery{}, fmt.Errorf("get delivery %v: %w", id, err)
	}
	return d.value(), nil
}

// RetryDelivery queues a mail anew; a CodeConflict [belfry.Error] where that cannot be.
func (c *Client) RetryDelivery(ctx context.Context, id belfry.ID) (belfry.Delivery, error) {
	var d delivery
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/deliveries/" + id.String() + "/retry/", out: &d}); err != nil {
		return belfry.Delivery{}, fmt.Errorf("retry delivery %v: %w", id, err)
	}
	return d.value(), nil
}

// Message returns the exact bytes of a mail; belfry.ErrNotFound when there is no such delivery, or it was not rendered.
func (c *Client) Message(ctx context.Context, id belfry.ID) ([]byte, error) {
	var message []byte
	q := call{method: http.MethodGet, path: "/deliveries/" + id.String() + "/message/", raw: &message}
	if err := c.do(ctx, &q); err != nil {
		return nil, fmt.Errorf("get message of delivery %v: %w", id, err)
	}
	return message, nil
}
