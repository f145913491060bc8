package api

import (
	"net/http"
	"time"

	"github.com/belfryhq/belfry"
)

// revoke is POST /api/v1/users/{user_id}/revoke/.
func (a *API) revoke(c *call) error {
	var body struct {
		TokenID   *string    `json:"jti"`
		ExpiresAt *time.Time `json:"expires_at"`
	}
	if err := a.readOptional(c, &body); err != nil {
		return err
	}
	r := belfry.Revocation{User: c.variable}
	if body.TokenID != nil {
		if r.TokenID = *body.TokenID; r.TokenID == "" {
			return belfry.Invalid(belfry.FieldError{Field: "jti", Message: "is empty; leave it out to revoke everything"})
		}
	}
	if body.ExpiresAt != nil {
		r.ExpiresAt = *body.ExpiresAt
	}
	r, ring, err := a.Service.Revoke(c.ctx(), r)
	if err != nil {
		return err
	}
	a.Auth.Hear(ring) // before anything else can be asked with what was revoked
	closed, whole := a.Hub.HangupAcross(c.ctx(), r.User, "", ring.Hangup.Reason)
	a.Service.Ring(c.ctx(), ring)
	b := belfry.AppendTime(append(appendClosed(closed, whole), `,"revoked_at":`...), r.At)
	return c.answer(http.StatusOK, append(b, '}'))
}
