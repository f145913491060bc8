package demo

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/belfryhq/belfry"
)

// largestForm bounds what the form may send.
const largestForm = 64 << 10

// send is the back end of the page's form: it turns the form into a notification, as a real app turns what happens in it.
func (a *app) send(w http.ResponseWriter, r *http.Request) {
	var form struct {
		Title    string          `json:"title"`
		Body     string          `json:"body"`
		Priority belfry.Priority `json:"priority"`
		To       string          `json:"to"`
		Mail     string          `json:"mail"` // yes: also by email
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestForm))
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil {
		fail(w, http.StatusUnprocessableEntity, `The form must be JSON like {"title":"…","body":"…","priority":"normal","to":"me"}.`)
		return
	}
	to := belfry.ToUser(a.UserID)
	var channels []belfry.Channel
	if form.Mail == "yes" {
		channels = belfry.Channels()
	}
	switch form.To {
	case "", "me":
	case "all":
		if channels != nil {
			fail(w, http.StatusUnprocessableEntity, "An email goes to one person: choose Just me, or leave the email out.")
			return
		}
		to = belfry.ToAll()
	default:
		fail(w, http.StatusUnprocessableEntity, `"to" must be me or all.`)
		return
	}
	sent, err := a.client.Send(r.Context(), &belfry.Send{
		To: to, Category: "demo.form", Title: form.Title, Body: form.Body, Priority: form.Priority, URL: "/demo/", Channels: channels,
		Actor: &belfry.Actor{ID: a.UserID, Name: a.Name},
	})
	var refused *belfry.Error
	switch {
	case err == nil:
		answer(w, http.StatusCreated, map[string]any{"id": sent.ID})
	case errors.As(err, &refused) && refused.Code == belfry.CodeInvalid:
		answer(w, http.StatusUnprocessableEntity, map[string]any{"title": http.StatusText(http.StatusUnprocessableEntity), "status": http.StatusUnprocessableEntity, "detail": refused.Detail, "errors": refused.Fields})
	default:
		a.Logger.ErrorContext(r.Context(), "demo: send", "error", err)
		fail(w, http.StatusBadGateway, "The notification could not be sent; the log says why.")
	}
}

// answer writes a value as JSON; a client that is gone is no failure.
func answer(w http.ResponseWriter, status int, v any) {
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// fail writes a refusal that the page can show.
func fail(w http.ResponseWriter, status int, detail string) {
	answer(w, status, map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}
