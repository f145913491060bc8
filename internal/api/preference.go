package api

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/belfryhq/belfry"
)

// preferences is GET /api/v1/notifications/preferences/.
func (a *API) preferences(c *call) error {
	p, err := a.Service.Preferences(c.ctx(), c.who.User)
	if err != nil {
		return err
	}
	return c.answerPreferences(p)
}

// setPreferences is PUT /api/v1/notifications/preferences/.
func (a *API) setPreferences(c *call) error {
	var body struct {
		Categories map[string]map[belfry.Channel]*bool `json:"categories"`
	}
	if err := a.read(c, &body); err != nil {
		return err
	}
	if body.Categories == nil {
		return belfry.Invalid(belfry.FieldError{Field: "categories", Message: `is required: an object like {"order":{"email":false}}`})
	}
	p := make(belfry.Preferences, len(body.Categories))
	var faults []belfry.FieldError
	for category, channels := range body.Categories {
		p[category] = make(map[belfry.Channel]bool, len(channels))
		for ch, on := range channels {
			if on == nil {
				faults = append(faults, belfry.FieldError{
					Field: fmt.Sprintf("categories.%.100s.%.40s", category, ch), Message: "must be true or false",
				})
				continue
			}
			p[category][ch] = *on
		}
	}
	if faults != nil {
		return belfry.Invalid(slices.SortedFunc(slices.Values(faults), byField)[:min(len(faults), maxFaults)]...)
	}
	kept, err := a.Service.SetPreferences(c.ctx(), c.who.User, p)
	if err != nil {
		return err
	}
	return c.answerPreferences(kept)
}

func (c *call) answerPreferences(p belfry.Preferences) error {
	b, err := json.Marshal(struct {
		Categories belfry.Preferences `json:"categories"`
	}{p}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode preferences: %w", err)
	}
	return c.answer(http.StatusOK, b)
}
