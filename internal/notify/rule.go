package notify

import (
	"errors"
	"fmt"

	"github.com/belfryhq/belfry"
)

// Letters makes the words of mail; package letter does. Its methods are quick and ask nobody.
type Letters interface {
	// Has reports whether the category has a template of its own.
	Has(category string) bool
	// Title returns the subject that the category's template makes of a send.
	Title(send *belfry.Send) (string, error)
	// Check renders the mail of a send for nobody in particular; the error says what is missing, and where.
	Check(send *belfry.Send) error
}

// SetRules replaces the rules of the categories for the sends from now on. The error names the rules that cannot be, and
// nothing was replaced.
func (s *Service) SetRules(rules belfry.Rules) error {
	if err := rules.Validate(); err != nil {
		return err
	}
	s.rules.Store(&rules)
	return nil
}

func (s *Service) rule(category string) belfry.Rule {
	rules := *s.rules.Load()
	if len(rules) == 0 {
		return belfry.Rule{}
	}
	return rules.Of(category)
}

// entitle gives a send without a title the one that its category's template makes.
func (s *Service) entitle(send *belfry.Send) error {
	if send.Title != "" || s.letters == nil || !s.letters.Has(send.Category) {
		return nil
	}
	title, err := s.letters.Title(send)
	if err != nil {
		return unfit(err)
	}
	send.Title = title
	return nil
}

// unfit refuses a send whose template does not take it.
func unfit(err error) error {
	if _, ok := errors.AsType[*belfry.Error](err); ok {
		return err
	}
	return belfry.Invalid(belfry.FieldError{Field: "category", Message: fmt.Sprintf("has a mail template that cannot be filled in: %v", err)})
}
