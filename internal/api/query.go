package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/belfryhq/belfry"
)

// A query reads parameters and gathers what is wrong with them. A parameter that is there and empty counts as left out.
type query struct {
	values url.Values
	faults []belfry.FieldError
}

func newQuery(c *call) (*query, error) {
	if c.r.URL.RawQuery == "" {
		return &query{}, nil
	}
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, belfry.Errorf(belfry.CodeMalformed, "The query is not well formed: check its %% escapes and separators.")
	}
	return &query{values: values}, nil
}

func (q *query) fault(name, format string, args ...any) {
	q.faults = append(q.faults, belfry.FieldError{Field: name, Message: fmt.Sprintf(format, args...)})
}

func (q *query) err() error {
	if len(q.faults) == 0 {
		return nil
	}
	return belfry.Invalid(q.faults...)
}

// only refuses every parameter but the named ones and the credentials: a misspelt filter would show the wrong list.
func (q *query) only(names ...string) {
	for name := range q.values {
		if name != "token" && name != "ticket" && !slices.Contains(names, name) {
			q.fault(fmt.Sprintf("%.100s", name), "is not a parameter of this call")
		}
	}
	slices.SortFunc(q.faults, byField)
	q.faults = q.faults[:min(len(q.faults), maxFaults)]
}

// maxFaults bounds the answer to a request that is wrong in a thousand places.
const maxFaults = 20

// byField orders faults that come from a map.
func byField(a, b belfry.FieldError) int { return strings.Compare(a.Field, b.Field) }

func (q *query) get(name string) string {
	v := q.values[name]
	if len(v) > 1 {
		q.fault(name, "is given %d times", len(v))
		return ""
	}
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// number reads a whole number between two bounds.
func (q *query) number(name string, otherwise, least, most int) int {
	s := q.get(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		q.fault(name, "must be a whole number from %d to %d", least, most)
		return otherwise
	}
	return n
}

func (q *query) flag(name string) bool {
	s := q.get(name)
	if s != "" && s != "0" && s != "1" {
		q.fault(name, "must be 1 or 0")
	}
	return s == "1"
}

func (q *query) id(name string) belfry.ID {
	s := q.get(name)
	if s == "" {
		return belfry.ID{}
	}
	id, err := belfry.ParseID(s)
	if err != nil {
		q.fault(name, "must be an id: a UUID")
	}
	return id
}

func (q *query) position(name string) *belfry.Position {
	s := q.get(name)
	if s == "" {
		return nil
	}
	p, err := belfry.ParsePosition(s)
	if err != nil {
		q.fault(name, "must be a place in the list, as next or cursor gave it")
		return nil
	}
	return &p
}
