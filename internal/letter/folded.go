package letter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/belfryhq/belfry"
)

// An item is one of several notifications that a mail tells of.
type item struct{ Title, Text, URL, Actor string }

// folded compiles the words of a mail that tells of several notifications.
func (s shelf) folded(locale string, public *url.URL) (*set, error) {
	out := &set{own: true}
	known := make(map[string]bool)
	body, _ := s.best(foldedHTML, locale)
	text, _ := s.best(foldedText, locale)
	var err error
	if out.page, err = s.page(body, locale, public, known); err != nil {
		return nil, err
	}
	out.text, err = s.plain(text, locale, known)
	return out, err
}

// maxLead is how much of the first subject stands in that of a mail for several, in letters.
const maxLead = 120

// RenderFolded makes one mail of several to a person, and its Message-ID without the angle brackets. Each is told as its own
// templates and the send say it, in text. The error names what cannot be told so; by itself each may be.
func (p *Press) RenderFolded(ctx context.Context, mails []*belfry.Mail) (messageID string, message []byte, err error) {
	if err := context.Cause(ctx); err != nil {
		return "", nil, err
	}
	if len(mails) == 0 {
		return "", nil, errors.New("there are no mails")
	}
	m := together(mails)
	s := p.library.folded.pick(m.User.Locale)
	v, err := p.vars(m, s)
	if err != nil {
		return "", nil, err
	}
	v.Title, v.Body, v.URL, v.Actor = "", "", "", nil
	var titles []string
	for _, one := range mails {
		told, err := p.item(one)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", one.Delivery.ID, err)
		}
		v.Items, titles = append(v.Items, told), append(titles, told.Title)
	}
	v.Preheader = preheader(strings.Join(titles, " · "))
	if v.UnsubscribeURL, err = p.unsubscribeAll(mails); err != nil {
		return "", nil, err
	}
	lead := titles[0]
	if letters := []rune(lead); len(letters) > maxLead {
		lead = string(letters[:maxLead-1]) + "…"
	}
	words, err := s.fill(v, &belfry.EmailContent{Subject: fmt.Sprintf("%s, and %d more", lead, len(mails)-1)}, false)
	if err != nil {
		return "", nil, err
	}
	// Not that of the first: alone it would be another mail, and readers show one of those that share an id.
	messageID = m.Delivery.ID.String() + ".folded@" + p.domain
	message, err = p.message(m, v, words, messageID)
	return messageID, message, err
}

// together is the mail of which several have become part: what they do not share it lacks.
func together(mails []*belfry.Mail) *belfry.Mail {
	m := *mails[0]
	content := &belfry.EmailContent{ReplyTo: replyTo(mails[0])}
	for _, one := range mails[1:] {
		if one.Delivery.CreatedAt.After(m.Delivery.CreatedAt) {
			m.Delivery.CreatedAt = one.Delivery.CreatedAt // its date
		}
		if one.Plan.Thread != m.Plan.Thread {
			m.Plan.Thread = ""
		}
		if replyTo(one) != content.ReplyTo {
			content.ReplyTo = ""
		}
	}
	m.Plan.Content = content
	return &m
}

func replyTo(m *belfry.Mail) string {
	if m.Plan.Content == nil {
		return ""
	}
	return m.Plan.Content.ReplyTo
}

// item tells of one: by its title and body, or where somebody wrote a mail for it, by that one's subject and text.
func (p *Press) item(m *belfry.Mail) (item, error) {
	s := p.library.family(m.Notification.Category).pick(m.User.Locale)
	v, err := p.vars(m, s)
	if err != nil {
		return item{}, err
	}
	told := item{Text: v.Body, URL: v.URL}
	if v.Actor != nil {
		told.Actor = v.Actor.Name
	}
	v.UnsubscribeURL = "" // one for all stands at the end
	words, err := s.fill(v, m.Plan.Content, false)
	if err != nil {
		return item{}, err
	}
	told.Title = words.subject
	c := m.Plan.Content
	if s.own || s.written() || c != nil && c.HTML+c.Text != "" {
		told.Text, told.URL, told.Actor = strings.TrimSpace(words.text), "", ""
	}
	return told, nil
}

// unsubscribeAll is the link that stops mails like all of these; empty when none may be stopped.
func (p *Press) unsubscribeAll(mails []*belfry.Mail) (string, error) {
	var categories []string
	for _, m := range mails {
		if c := m.Notification.Category; mayStop(m) && !slices.Contains(categories, c) {
			categories = append(categories, c)
		}
	}
	all := strings.Join(categories, ",")
	if len(all) > maxCategories {
		return "", errors.New("the mails are of too many categories for one link to stop them")
	}
	if p.public == nil || all == "" {
		return "", nil
	}
	return p.unsubscribeURL(mails[0].User.ID, all), nil
}
