package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/belfryhq/belfry"
)

// Sent is the answer to a send.
type Sent struct {
	ID            belfry.ID             // the notification's, when it went to one person or to everyone; else that of the send as a whole
	Accepted      int                   // for how many people; 1 for a broadcast
	Notifications []belfry.AcceptedUser // each person's own copy; empty for a broadcast
	Replayed      bool                  // an answer from before: the idempotency key had been used for the same send
}

type sentBody struct {
	ID            belfry.ID             `json:"id"`
	Accepted      int                   `json:"accepted"`
	Notifications []belfry.AcceptedUser `json:"notifications"`
}

func (b *sentBody) sent(replayed bool) Sent {
	return Sent{ID: b.ID, Accepted: b.Accepted, Notifications: b.Notifications, Replayed: replayed}
}

// Send sends s under an idempotency key made for this call, and tries again when no answer comes or the server can't
// answer now: it is sent once however often that happens. When Send returns without an error, it is stored durably.
func (c *Client) Send(ctx context.Context, s *belfry.Send) (Sent, error) {
	return c.SendOnce(ctx, rand.Text(), s)
}

// SendOnce is Send under a key of the caller's (1 to 255 printable characters): for the 24 hours that the server keeps
// it, the same send under the same key is answered as before and sent no second time, and another one is refused.
func (c *Client) SendOnce(ctx context.Context, key string, s *belfry.Send) (Sent, error) {
	var out sentBody
	q := call{method: http.MethodPost, path: "/notifications/", in: s, out: &out}
	if err := c.once(ctx, key, &q); err != nil {
		return Sent{}, fmt.Errorf("send notification: %w", err)
	}
	return out.sent(q.replied.Header.Get("Idempotency-Replay") == "true"), nil
}

// once makes a request under an idempotency key, so that it may try again.
func (c *Client) once(ctx context.Context, key string, q *call) error {
	q.header = http.Header{"Idempotency-Key": {key}}
	for try := 1; ; try++ {
		err := c.do(ctx, q)
		if err == nil {
			return nil
		}
		after, ok := passing(err)
		if !ok || try == sendTries || wait(ctx, max(after, backoff(firstWait, try))) != nil {
			return err
		}
	}
}

// A BulkResult is what became of one send of several.
type BulkResult struct {
	Sent
	Err error // a *belfry.Error: this one was refused, and the rest is unset
}

// Bulk sends up to [belfry.MaxBulk] sends in one request, each accepted or refused by itself; the results stand in their
// order. It tries again as Send does. When it fails all the same, some may have been sent.
func (c *Client) Bulk(ctx context.Context, sends []belfry.Send) ([]BulkResult, error) {
	in := struct {
		Notifications []belfry.Send `json:"notifications"`
	}{sends}
	var out struct {
		Results []struct {
			sentBody
			Status int                 `json:"status"`
			Title  string              `json:"title"`
			Detail string              `json:"detail"`
			Errors []belfry.FieldError `json:"errors"`
		} `json:"results"`
	}
	if err := c.once(ctx, rand.Text(), &call{method: http.MethodPost, path: "/notifications/bulk/", in: in, out: &out}); err != nil {
		return nil, fmt.Errorf("send %d notifications: %w", len(sends), err)
	}
	if len(out.Results) != len(sends) {
		return nil, fmt.Errorf("send %d notifications: the answer has %d results", len(sends), len(out.Results))
	}
	results := make([]BulkResult, len(sends))
	for i := range out.Results {
		r := &out.Results[i]
		if r.Status < 300 {
			results[i].Sent = r.sent(false)
			continue
		}
		code := codeOf(r.Status)
		if code == "" {
			code = belfry.CodeUnavailable
		}
		results[i].Err = &belfry.Error{Code: code, Detail: r.Detail, Fields: r.Errors}
	}
	return results, nil
}

// Retract takes back what was sent under an id, for everyone who has it; belfry.ErrNotFound when nothing stands under it.
func (c *Client) Retract(ctx context.Context, id belfry.ID) error {
	err := c.do(ctx, &call{method: http.MethodDelete, path: "/notifications/" + id.String() + "/"})
	if err != nil {
		return fmt.Errorf("retract %v: %w", id, err)
	}
	return nil
}

// Receipt returns what was sent under an id, with its deliveries; belfry.ErrNotFound when nothing stands under it.
func (c *Client) Receipt(ctx context.Context, id belfry.ID) (belfry.Receipt, error) {
	var raw json.RawMessage
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/notifications/" + id.String() + "/", out: &raw}); err != nil {
		return belfry.Receipt{}, fmt.Errorf("get receipt of %v: %w", id, err)
	}
	var w struct {
		User       *string    `json:"user_id"`
		Deliveries []delivery `json:"deliveries"`
	}
	r := belfry.Receipt{}
	if err := json.Unmarshal(raw, &w); err != nil {
		return r, fmt.Errorf("get receipt of %v: %w", id, err)
	}
	if err := json.Unmarshal(raw, &r.Notification); err != nil { // its own decoder would swallow the fields beside it
		return r, fmt.Errorf("get receipt of %v: %w", id, err)
	}
	r.ID, r.All = r.Notification.ID, w.User == nil
	if w.User != nil {
		r.User = *w.User
	}
	for i := range w.Deliveries {
		r.Deliveries = append(r.Deliveries, w.Deliveries[i].value())
	}
	return r, nil
}
