package api

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/notify"
)

// sendBody reads the body of a send or of many into a buffer, which it returns even with an error, and what makes it
// happen once.
func (a *API) sendBody(c *call, buffer []byte) (b []byte, once notify.Once, err error) {
	if b, err = a.body(c, buffer); err != nil {
		return b, once, err
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return b, once, errEmptyBody
	}
	once, err = c.once(b)
	return b, once, err
}

// send is POST /api/v1/notifications/.
func (a *API) send(c *call) error {
	p := a.buffer()
	b, once, err := a.sendBody(c, *p)
	defer func() { a.give(p, b) }()
	if err != nil {
		return err
	}
	var send belfry.Send
	if err := a.strict.decode(b, &send); err != nil {
		return err
	}
	accepted, err := a.Service.Send(c.ctx(), &send, once)
	if err != nil {
		return err
	}
	if accepted.Replayed {
		c.Header().Set("Idempotency-Replay", "true")
	}
	b = append(b[:0], '{') // the request is done with: its buffer takes the answer
	b = append(appendAccepted(b, &accepted), '}')
	return c.answer(http.StatusCreated, b)
}

// appendAccepted appends what a send is answered with, without braces. A broadcast is accepted once, for everyone.
func appendAccepted(b []byte, a *belfry.Accepted) []byte {
	b = appendID(append(b, `"id":`...), a.ID)
	b = strconv.AppendInt(append(b, `,"accepted":`...), int64(max(1, len(a.Users))), 10)
	b = append(b, `,"notifications":[`...)
	for i := range a.Users {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendID(append(b, `{"id":`...), a.Users[i].ID)
		b = append(belfry.AppendString(append(b, `,"user_id":`...), a.Users[i].User), '}')
	}
	return append(b, ']')
}

// maxIdempotencyKey is the longest Idempotency-Key.
const maxIdempotencyKey = 255

// once reads the Idempotency-Key, which belongs to the API key it came with.
func (c *call) once(body []byte) (notify.Once, error) {
	keys := c.r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return notify.Once{}, nil
	}
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxIdempotencyKey || !printable(keys[0]) {
		return notify.Once{}, belfry.Invalid(belfry.FieldError{
			Field:   "Idempotency-Key",
			Message: fmt.Sprintf("must be one header of 1 to %d printable ASCII characters", maxIdempotencyKey),
		})
	}
	return notify.Once{Key: c.who.Key + "\n" + keys[0], Fingerprint: sha256.Sum256(body)}, nil
}

// pathID reads the id in the path. What is no id names nothing.
func (c *call) pathID() (belfry.ID, error) {
	id, err := belfry.ParseID(c.variable)
	if err != nil {
		return belfry.ID{}, belfry.ErrNotFound
	}
	return id, nil
}

// receipt is GET /api/v1/notifications/{id}/.
func (a *API) receipt(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	r, err := a.Service.Receipt(c.ctx(), id)
	if err != nil {
		return err
	}
	b := r.Notification.AppendJSON(make([]byte, 0, 1024))
	b = b[:len(b)-1] // open the object again for two more members
	b = appendUserID(append(b, `,"user_id":`...), r.User)
	b = append(b, `,"deliveries":[`...)
	for i := range r.Deliveries {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDelivery(b, &r.Deliveries[i])
	}
	return c.answer(http.StatusOK, append(b, ']', '}'))
}

// retract is DELETE /api/v1/notifications/{id}/.
func (a *API) retract(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	if err := a.Service.Retract(c.ctx(), id); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}
