package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/belfryhq/belfry"
)

// Tokens reads the tokens of links to unsubscribe; package letter makes them.
type Tokens interface {
	// ReadUnsubscribe returns whose mails of which category the link stops, or of which ones, with commas between; an error when
	// nobody made it.
	ReadUnsubscribe(token string) (user, category string, err error)
}

const unsubscribePath = "/unsubscribe/{token}"

//go:embed unsubscribe.html
var unsubscribeHTML string

//go:embed unsubscribe.css
var unsubscribeCSS string

// A leaving is the page to unsubscribe, ready to be filled in.
type leaving struct {
	page   *template.Template
	policy string
}

func newLeaving() (leaving, error) {
	page, err := template.New("unsubscribe").Parse(unsubscribeHTML)
	if err != nil {
		return leaving{}, err
	}
	sum := sha256.Sum256([]byte(unsubscribeCSS))
	return leaving{page, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}, nil
}

// leavingView is what the page shows.
type leavingView struct {
	Category       string
	All, Done, Bad bool
	Style          template.CSS
}

// unsubscribePage is GET /unsubscribe/{token}/. It changes nothing, for mail servers follow links to look for harm.
func (a *API) unsubscribePage(c *call) error {
	_, category, err := a.leaver(c)
	if err != nil {
		return a.answerLeaving(c, err, leavingView{})
	}
	return a.answerLeaving(c, nil, leavingView{Category: shown(category)})
}

// largestLeaving bounds the form, of which only one short field counts.
const largestLeaving = 4 << 10

// unsubscribe is POST /unsubscribe/{token}/: by the page's form, or by a mail reader's one click (RFC 8058).
func (a *API) unsubscribe(c *call) error {
	user, category, err := a.leaver(c)
	if err != nil {
		return a.answerLeaving(c, err, leavingView{})
	}
	c.r.Body = http.MaxBytesReader(c, c.r.Body, largestLeaving)
	view := leavingView{Category: shown(category), Done: true, All: c.r.PostFormValue("what") == "all"}
	if view.All {
		category = belfry.AnyCategory
	}
	if err := a.Service.Unsubscribe(c.ctx(), user, strings.Split(category, ",")...); err != nil {
		return err
	}
	return a.answerLeaving(c, nil, view)
}

// shown is how a person reads several categories.
func shown(categories string) string { return strings.ReplaceAll(categories, ",", ", ") }

// leaver returns who asks, and which mails they have had enough of.
func (a *API) leaver(c *call) (user, category string, err error) {
	if a.Tokens == nil {
		return "", "", errNoPath
	}
	return a.Tokens.ReadUnsubscribe(c.variable)
}

// answerLeaving answers with the page; whoever comes here is a person.
func (a *API) answerLeaving(c *call, bad error, view leavingView) error {
	view.Bad, view.Style = bad != nil, template.CSS(unsubscribeCSS)
	var b bytes.Buffer
	if err := a.leaving.page.Execute(&b, view); err != nil {
		return fmt.Errorf("fill in the page to unsubscribe: %w", err)
	}
	h := c.Header()
	h.Set("Content-Security-Policy", a.leaving.policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	status := http.StatusOK
	if view.Bad {
		status = http.StatusNotFound
	}
	c.WriteHeader(status)
	_, _ = c.Write(b.Bytes()) // the client is gone when this fails
	return nil
}
