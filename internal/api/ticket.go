package api

import (
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
)

// ticket is POST /api/v1/users/{user_id}/tickets/.
func (a *API) ticket(c *call) error {
	secret, expiresAt, err := a.makeTicket(c, c.variable, belfry.Origin{})
	if err != nil {
		return err
	}
	return c.answerTicket(secret, expiresAt)
}

// exchange is POST /api/v1/notifications/tickets/.
func (a *API) exchange(c *call) error {
	origin, err := c.who.Exchange()
	if err != nil {
		return err
	}
	secret, expiresAt, err := a.makeTicket(c, c.who.User, origin)
	if err != nil {
		return err
	}
	// Whoever is at work here is not to be locked out by a neighbour's guesses for coming by a ticket.
	a.Limits.Expect(a.from(c), secret, c.begun)
	return c.answerTicket(secret, expiresAt)
}

func (a *API) makeTicket(c *call, user string, origin belfry.Origin) (secret string, expiresAt time.Time, err error) {
	// It needs no body; one that is there must be an empty object, so that no wish is passed over.
	if err := a.readOptional(c, &struct{}{}); err != nil {
		return "", time.Time{}, err
	}
	return a.Service.Ticket(c.ctx(), user, origin)
}

func (c *call) answerTicket(secret string, expiresAt time.Time) error {
	b := belfry.AppendString([]byte(`{"ticket":`), secret)
	b = belfry.AppendTime(append(b, `,"expires_at":`...), expiresAt)
	return c.answer(http.StatusCreated, append(b, '}'))
}
