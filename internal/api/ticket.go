package api

import (
	"net/http"

	"github.com/belfryhq/belfry"
)

// ticket is POST /api/v1/users/{user_id}/tickets/.
func (a *API) ticket(c *call) error { return a.makeTicket(c, c.variable, belfry.Origin{}) }

// exchange is POST /api/v1/notifications/tickets/.
func (a *API) exchange(c *call) error {
	origin, err := c.who.Exchange()
	if err != nil {
		return err
	}
	return a.makeTicket(c, c.who.User, origin)
}

func (a *API) makeTicket(c *call, user string, origin belfry.Origin) error {
	// It needs no body; one that is there must be an empty object, so that no wish is passed over.
	if err := a.readOptional(c, &struct{}{}); err != nil {
		return err
	}
	secret, expiresAt, err := a.Service.Ticket(c.ctx(), user, origin)
	if err != nil {
		return err
	}
	b := appendString([]byte(`{"ticket":`), secret)
	b = belfry.AppendTime(append(b, `,"expires_at":`...), expiresAt)
	return c.answer(http.StatusCreated, append(b, '}'))
}
