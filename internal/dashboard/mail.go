package dashboard

import (
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// A view is the page of one mail.
type view struct {
	belfry.Delivery
	letter.Reading
	Rendered bool
	Broken   string // what is wrong with the message
	Size     int
}

// mail is GET /dashboard/mail/{id}.
func (d *dashboard) mail(v *visit) error {
	delivery, message, err := d.Mail.Delivery(v.r.Context(), v.id)
	if err != nil {
		return err
	}
	page := view{Delivery: delivery, Rendered: message != nil, Size: len(message)}
	title := "Mail to " + delivery.To
	if page.Rendered {
		page.Reading = letter.Read(message)
		if page.Err != nil {
			page.Broken = page.Err.Error()
		}
		if subject := letter.Subject(message); subject != "" {
			title = subject
		}
	}
	return d.show(v, http.StatusOK, "mail.html", title, page)
}

// mailPolicy is of a mail's own page: it shows, and that is all.
const mailPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// html is GET /dashboard/mail/{id}/html, the document in the frame.
func (d *dashboard) html(v *visit) error {
	message, err := d.message(v)
	if err != nil {
		return err
	}
	h := v.Header()
	h.Set("Content-Security-Policy", mailPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	v.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(v, shaded(letter.Read(message).HTML, v.r.URL.Query().Get("shade")))
	return nil
}

var schemeQuery = regexp.MustCompile(`prefers-color-scheme\s*:\s*(light|dark)`)

// shaded has a mail shown by day or by night, whichever it is: a frame cannot choose that for its document. The query that
// asks for it becomes one that is always true, the other one that never is.
func shaded(html, shade string) string {
	if shade != "light" && shade != "dark" {
		return html
	}
	return schemeQuery.ReplaceAllStringFunc(html, func(query string) string {
		if strings.HasSuffix(query, shade) {
			return "min-width: 0"
		}
		return "max-width: 0"
	})
}

// source is GET /dashboard/mail/{id}/source: a file, never a page.
func (d *dashboard) source(v *visit) error {
	message, err := d.message(v)
	if err != nil {
		return err
	}
	h := v.Header()
	h.Set("Content-Type", "message/rfc822")
	h.Set("Content-Disposition", `attachment; filename="`+v.id.String()+`.eml"`)
	v.WriteHeader(http.StatusOK)
	_, _ = v.Write(message)
	return nil
}

func (d *dashboard) message(v *visit) ([]byte, error) {
	_, message, err := d.Mail.Delivery(v.r.Context(), v.id)
	if err == nil && message == nil {
		err = belfry.ErrNotFound
	}
	return message, err
}

// retry is POST /dashboard/mail/{id}/retry.
func (d *dashboard) retry(v *visit) error {
	if _, err := d.Mail.RetryDelivery(v.r.Context(), v.id); err != nil {
		return err
	}
	http.Redirect(v, v.r, Root+"mail/"+v.id.String(), http.StatusSeeOther)
	return nil
}
