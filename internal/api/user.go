package api

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/belfryhq/belfry"
)

// putUser is PUT /api/v1/users/{user_id}/.
func (a *API) putUser(c *call) error {
	var body struct {
		Email    string         `json:"email"`
		Name     string         `json:"name"`
		Locale   string         `json:"locale"`
		Timezone string         `json:"timezone"`
		Data     jsontext.Value `json:"data"`
	}
	if err := a.read(c, &body); err != nil {
		return err
	}
	u, err := a.Service.PutUser(c.ctx(), belfry.User{
		ID: c.variable, Email: body.Email, Name: body.Name, Locale: body.Locale, Timezone: body.Timezone,
		Data: []byte(body.Data),
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, appendUser(nil, &u))
}

// getUser is GET /api/v1/users/{user_id}/.
func (a *API) getUser(c *call) error {
	u, err := a.Service.User(c.ctx(), c.variable)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, appendUser(nil, &u))
}

// eraseUser is DELETE /api/v1/users/{user_id}/.
func (a *API) eraseUser(c *call) error {
	if err := a.Service.EraseUser(c.ctx(), c.variable); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

func appendUser(b []byte, u *belfry.User) []byte {
	b = belfry.AppendString(append(b, `{"id":`...), u.ID)
	b = belfry.AppendString(append(b, `,"email":`...), u.Email)
	b = belfry.AppendString(append(b, `,"name":`...), u.Name)
	b = belfry.AppendString(append(b, `,"locale":`...), u.Locale)
	b = belfry.AppendString(append(b, `,"timezone":`...), u.Timezone)
	b = append(b, `,"data":`...)
	if len(u.Data) == 0 {
		b = append(b, "{}"...)
	}
	return append(append(b, u.Data...), '}')
}
