package dashboard

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// perPage is how many mails a page lists.
const perPage = 25

// A row is a mail in the list.
type row struct {
	belfry.Delivery
	Subject string // empty: it was not rendered
}

// A listing is the page of all mails.
type listing struct {
	Rows         []row
	State, User  string
	States       []belfry.DeliveryState
	Next         string // address of the following page; empty: there is none
	First        bool   // it begins with the newest
	Accounts     []belfry.AccountStatus
	Leaves       bool // there is a carrier
	Suppressions []suppression
}

type suppression struct{ Address, Reason string }

func states() []belfry.DeliveryState {
	return []belfry.DeliveryState{
		belfry.Queued, belfry.Sent, belfry.Captured, belfry.Ambiguous, belfry.Failed, belfry.Skipped, belfry.Canceled,
	}
}

// list is GET /dashboard/.
func (d *dashboard) list(v *visit) error {
	q := v.r.URL.Query()
	query := belfry.DeliveryQuery{Channel: belfry.Email, Limit: perPage}
	if s := belfry.DeliveryState(q.Get("state")); slices.Contains(states(), s) {
		query.State = s
	}
	if u := q.Get("user"); u != "" && belfry.ValidateUserID(u) == nil {
		query.User = u
	}
	if id, err := belfry.ParseID(q.Get("after")); err == nil {
		query.After = id
	}
	page, err := d.Mail.Deliveries(v.r.Context(), query)
	if err != nil {
		return err
	}
	l := listing{State: string(query.State), User: query.User, States: states(), First: query.After.IsZero(), Leaves: d.Accounts != nil}
	for i := range page.Results {
		r := row{Delivery: page.Results[i]}
		if r.MessageID != "" {
			if _, message, err := d.Mail.Delivery(v.r.Context(), r.ID); err == nil { // else it was erased just now
				r.Subject = letter.Subject(message)
			}
		}
		l.Rows = append(l.Rows, r)
	}
	if !page.Next.IsZero() {
		next := url.Values{"after": {page.Next.String()}}
		if l.State != "" {
			next.Set("state", l.State)
		}
		if l.User != "" {
			next.Set("user", l.User)
		}
		l.Next = Root + "?" + next.Encode()
	}
	if d.Accounts != nil {
		l.Accounts = d.Accounts()
	}
	suppressed, err := d.Suppressions.Suppressed(v.r.Context())
	if err != nil {
		return err
	}
	for _, address := range slices.Sorted(maps.Keys(suppressed)) {
		l.Suppressions = append(l.Suppressions, suppression{address, suppressed[address]})
	}
	return d.show(v, http.StatusOK, "list.html", "Mail", l)
}

// unsuppress is POST /dashboard/unsuppress.
func (d *dashboard) unsuppress(v *visit) error {
	v.r.Body = http.MaxBytesReader(v, v.r.Body, maxForm)
	if err := d.Suppressions.Unsuppress(v.r.Context(), v.r.PostFormValue("address")); err != nil {
		return err
	}
	http.Redirect(v, v.r, Root+"#suppressed", http.StatusSeeOther)
	return nil
}

func (d *dashboard) funcs() map[string]any {
	return map[string]any{
		"moment": func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.UTC().Format("2 Jan 2006, 15:04:05")
		},
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"retries": retries,
		"used":    func(a belfry.AccountStatus) int { return a.Quota - a.QuotaLeft },
	}
}

// retries reports whether a mail in a state can be sent again.
func retries(s belfry.DeliveryState) bool {
	switch s {
	case belfry.Failed, belfry.Ambiguous, belfry.Canceled, belfry.Skipped, belfry.Captured:
		return true
	default:
		return false
	}
}
