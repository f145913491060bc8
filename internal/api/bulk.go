package api

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/belfryhq/belfry"
)

// bulk is POST /api/v1/notifications/bulk/.
func (a *API) bulk(c *call) error {
	p := a.buffer()
	b, once, err := a.sendBody(c, *p)
	defer func() { a.give(p, b) }()
	if err != nil {
		return err
	}
	items, err := bulkItems(b)
	if err != nil {
		return err
	}
	sends := make([]*belfry.Send, len(items))
	faults := make([]error, len(items))
	for i, item := range items {
		var send belfry.Send
		if faults[i] = a.strict.decode(item, &send); faults[i] == nil {
			sends[i] = &send
		}
	}
	results, err := a.Service.Bulk(c.ctx(), sends, once)
	if err != nil {
		return err
	}
	for i := range results {
		if faults[i] != nil {
			results[i].Err = faults[i]
		}
	}
	return a.answerBulk(c, results)
}

// answerBulk writes one result for each item, in order.
func (a *API) answerBulk(c *call, results []belfry.Accepted) error {
	accepted, replayed := 0, 0
	b := append(make([]byte, 0, 128*len(results)), `{"results":[`...)
	for i := range results {
		if i > 0 {
			b = append(b, ',')
		}
		r := &results[i]
		if r.Err != nil {
			b = a.appendRefused(c, b, r.Err)
			continue
		}
		accepted++
		if r.Replayed {
			replayed++
		}
		b = append(appendAccepted(append(b, `{"status":201,`...), r), '}')
	}
	if accepted > 0 && replayed == accepted {
		c.Header().Set("Idempotency-Replay", "true")
	}
	return c.answer(http.StatusOK, append(b, ']', '}'))
}

func (a *API) appendRefused(c *call, b []byte, err error) []byte {
	p := problemOf(err)
	a.logFailure(c, err, p.status)
	return append(p.append(append(b, '{')), '}')
}

const bulkField = "notifications"

func bulkFault(format string, args ...any) error {
	return belfry.Invalid(belfry.FieldError{Field: bulkField, Message: fmt.Sprintf(format, args...)})
}

// bulkItems parts a bulk into its items. Only the envelope is checked here: what is wrong inside an item concerns that
// item alone, except that no JSON at all leaves nothing to part.
func bulkItems(b []byte) ([]jsontext.Value, error) {
	if err := wellFormed(b); err != nil {
		return nil, err
	}
	// The items are decoded strictly one by one, so names and text are judged then.
	d := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, belfry.Invalid(belfry.FieldError{Field: "", Message: "the body must be a JSON object"})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, fmt.Errorf("read bulk: %w", err)
	}
	var items []jsontext.Value
	for seen := false; d.PeekKind() != '}'; seen = true {
		name, err := d.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("read bulk: %w", err)
		}
		switch {
		case name.String() != bulkField:
			return nil, belfry.Invalid(belfry.FieldError{Field: fmt.Sprintf("%.*s", maxPath, name.String()), Message: "is not a known field"})
		case seen:
			return nil, bulkFault("is given twice")
		case d.PeekKind() != '[':
			return nil, bulkFault("must be an array of sends")
		}
		if items, err = bulkArray(d); err != nil {
			return nil, err
		}
	}
	if len(items) == 0 {
		return nil, bulkFault("is required: an array of 1 to %d sends", belfry.MaxBulk)
	}
	return items, nil
}

func bulkArray(d *jsontext.Decoder) ([]jsontext.Value, error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, fmt.Errorf("read bulk: %w", err)
	}
	var items []jsontext.Value
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("read bulk: %w", err)
		}
		if len(items) == belfry.MaxBulk {
			return nil, bulkFault("has more than %d sends", belfry.MaxBulk)
		}
		items = append(items, v.Clone())
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, fmt.Errorf("read bulk: %w", err)
	}
	return items, nil
}
