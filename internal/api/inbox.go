package api

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/notify"
)

// How many notifications a page has.
const (
	pageDefault = 50
	pageMost    = 200
)

// list is GET /api/v1/notifications/.
func (a *API) list(c *call) error {
	q, err := newQuery(c)
	if err != nil {
		return err
	}
	q.only("limit", "before", "after", "state", "category")
	l := belfry.ListQuery{
		User: c.who.User, Category: q.get("category"), Filter: belfry.Filter(q.get("state")),
		Before: q.position("before"), After: q.position("after"), Limit: q.number("limit", pageDefault, 1, pageMost),
	}
	switch l.Filter {
	case belfry.FilterInbox, belfry.FilterUnread, belfry.FilterRead, belfry.FilterArchived, belfry.FilterAll:
	default:
		q.fault("state", "must be unread, read, archived or all")
	}
	if l.Category != "" && belfry.ValidateCategory(l.Category) != nil {
		q.fault("category", "must be dotted lower case like order.assigned, or the part before a dot")
	}
	if err := q.err(); err != nil {
		return err
	}
	page, err := a.Service.List(c.ctx(), l)
	if err != nil {
		return err
	}
	p := a.buffer()
	b := appendPage(*p, &page)
	defer func() { a.give(p, b) }()
	return c.answer(http.StatusOK, b)
}

func appendPage(b []byte, page *belfry.Page) []byte {
	b = append(b, `{"results":[`...)
	for i := range page.Results {
		if i > 0 {
			b = append(b, ',')
		}
		b = page.Results[i].AppendJSON(b)
	}
	b = append(b, `],"next":`...)
	if page.Next == nil {
		b = append(b, "null"...)
	} else {
		b = belfry.AppendString(b, page.Next.String())
	}
	return append(appendCounts(append(b, ','), page.Counts, page.Cursor), '}')
}

// counts is GET /api/v1/notifications/counts/.
func (a *API) counts(c *call) error {
	n, at, err := a.Service.Counts(c.ctx(), c.who.User)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, append(appendCounts([]byte{'{'}, n, at), '}'))
}

// patch is PATCH /api/v1/notifications/{id}/.
func (a *API) patch(c *call) error {
	id, err := c.pathID()
	if err != nil {
		return err
	}
	var set struct {
		Seen     *bool `json:"seen"`
		Read     *bool `json:"read"`
		Archived *bool `json:"archived"`
	}
	if err := a.read(c, &set); err != nil {
		return err
	}
	if set.Seen == nil && set.Read == nil && set.Archived == nil {
		return belfry.Invalid(belfry.FieldError{Field: "read", Message: "give at least one of read, seen and archived, true or false"})
	}
	n, err := a.Service.Patch(c.ctx(), c.who.User, id, belfry.StateChange{Seen: set.Seen, Read: set.Read, Archived: set.Archived})
	if err != nil {
		return err
	}
	p := a.buffer()
	b := n.AppendJSON(*p)
	defer func() { a.give(p, b) }()
	return c.answer(http.StatusOK, b)
}

// maxMarkIDs bounds the ids of one mark, which is one transaction.
const maxMarkIDs = 1000

type markBody struct {
	State    string      `json:"state"`
	IDs      []belfry.ID `json:"ids"`
	All      bool        `json:"all"`
	Category string      `json:"category"`
}

// mark is POST /api/v1/notifications/mark/.
func (a *API) mark(c *call) error {
	var m markBody
	if err := a.read(c, &m); err != nil {
		return err
	}
	set, err := m.check()
	if err != nil {
		return err
	}
	var r notify.MarkResult
	if m.All {
		r, err = a.Service.MarkAll(c.ctx(), c.who.User, set, m.Category)
	} else {
		r, err = a.Service.MarkIDs(c.ctx(), c.who.User, set, m.IDs)
	}
	if err != nil {
		return err
	}
	b := strconv.AppendInt([]byte(`{"changed":`), int64(r.Changed), 10)
	return c.answer(http.StatusOK, append(appendCounts(append(b, ','), r.Counts, r.Cursor), '}'))
}

func (m *markBody) check() (belfry.StateChange, error) {
	var (
		yes    = true
		set    belfry.StateChange
		faults []belfry.FieldError
	)
	fault := func(field, message string) {
		faults = append(faults, belfry.FieldError{Field: field, Message: message})
	}
	switch m.State {
	case "seen":
		set.Seen = &yes
	case "read":
		set.Read = &yes
	case "archived":
		set.Archived = &yes
	default:
		fault("state", "must be read, seen or archived")
	}
	switch {
	case m.All && m.IDs != nil:
		fault("all", "is not for a call with ids; give one of them")
	case !m.All && m.IDs == nil:
		fault("ids", `is required, or "all": true`)
	case len(m.IDs) > maxMarkIDs:
		fault("ids", fmt.Sprintf("names %d notifications; at most %d", len(m.IDs), maxMarkIDs))
	}
	switch {
	case m.Category != "" && !m.All:
		fault("category", `is only for a call with "all": true`)
	case m.Category != "" && belfry.ValidateCategory(m.Category) != nil:
		fault("category", "must be dotted lower case like order.assigned, or the part before a dot")
	}
	if faults != nil {
		return set, belfry.Invalid(faults...)
	}
	return set, nil
}
