package letter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"text/template/parse"
	"time"
	"unicode/utf8"

	"github.com/belfryhq/belfry"
)

// vars are the variables of a template; see the package's doc.
type vars struct {
	Title, Body, URL string
	Subject          string
	Preheader        string // what lists of mails show beside the subject
	Data             map[string]any
	Actor            *belfry.Actor
	User             user
	Category         string
	Notification     notification
	Sender           string // the sender's name
	Locale           string // of the text, for the page's lang; empty when nobody said
	UnsubscribeURL   string // empty: the mail may not be switched off
	Items            []item // of a mail that tells of several notifications; else nil
}

type user struct {
	ID, Email, Name, Locale, Timezone string
	Data                              map[string]any
}

type notification struct {
	ID        string
	Priority  string
	CreatedAt time.Time // in the person's time zone
	ExpiresAt time.Time // zero: never
}

func (p *Press) vars(m *belfry.Mail, s *set) (*vars, error) {
	n := &m.Notification
	v := &vars{
		Title: n.Title, Body: unixLines(n.Body), URL: p.link(n.URL), Category: n.Category, Sender: p.from.Name,
		Preheader: preheader(n.Body), Locale: s.locale,
		User: user{ID: m.User.ID, Email: m.Delivery.To, Name: m.User.Name, Locale: m.User.Locale, Timezone: m.User.Timezone},
	}
	if v.Sender == "" {
		v.Sender = p.domain
	}
	var err error
	if v.Data, err = decode(n.Data); err != nil {
		return nil, fmt.Errorf("read data of the notification: %w", err)
	}
	if v.User.Data, err = decode(m.User.Data); err != nil {
		return nil, fmt.Errorf("read data of the person: %w", err)
	}
	for _, key := range s.known {
		know(v.User.Data, strings.Split(key, "."))
	}
	if n.Actor != nil {
		a := *n.Actor
		a.AvatarURL = p.link(a.AvatarURL)
		v.Actor = &a
	}
	zone, err := time.LoadLocation(m.User.Timezone)
	if err != nil {
		zone = time.UTC
	}
	v.Notification = notification{ID: n.ID.String(), Priority: n.Priority.String(), CreatedAt: n.CreatedAt.In(zone)}
	if !n.ExpiresAt.IsZero() {
		v.Notification.ExpiresAt = n.ExpiresAt.In(zone)
	}
	if mayStop(m) {
		v.UnsubscribeURL = p.unsubscribeURL(m.User.ID, m.Notification.Category)
	}
	return v, nil
}

// sample makes the variables of a send for nobody in particular.
func (p *Press) sample(send *belfry.Send, s *set) (*vars, error) {
	m := &belfry.Mail{
		Notification: belfry.Notification{
			Category: send.Category, Title: send.Title, Body: send.Body, URL: send.URL, Data: send.Data, Actor: send.Actor, Priority: send.Priority,
			CreatedAt: time.Unix(0, 0).UTC(), ExpiresAt: send.ExpiresAt,
		},
		User:     belfry.User{ID: "somebody", Name: "Somebody", Locale: s.locale},
		Delivery: belfry.Delivery{To: "somebody@example.com"},
	}
	return p.vars(m, s)
}

// mayStop reports whether the person may switch such mail off.
func mayStop(m *belfry.Mail) bool {
	return m.Notification.Priority != belfry.Critical && m.Plan.Class != belfry.Urgent
}

func (p *Press) unsubscribeURL(user, category string) string {
	if p.public == nil {
		return ""
	}
	return p.public.JoinPath("unsubscribe", p.Unsubscribe(user, category)).String() + "/"
}

// link makes an address of a page whole; empty when it is a path and nobody said of which site.
func (p *Press) link(s string) string {
	if !strings.HasPrefix(s, "/") {
		return s
	}
	if p.public == nil {
		return ""
	}
	path, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return p.public.ResolveReference(path).String()
}

// decode reads a JSON object so that whole numbers stay whole in templates.
func decode(raw json.RawMessage) (map[string]any, error) {
	object := make(map[string]any)
	if len(bytes.TrimSpace(raw)) == 0 {
		return object, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	if object == nil { // the JSON null
		object = make(map[string]any)
	}
	for k, v := range object {
		object[k] = number(v)
	}
	return object, nil
}

func number(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = number(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = number(v[k])
		}
	}
	return v
}

// know makes a key of .User.Data empty where it is missing.
func know(object map[string]any, keys []string) {
	got, there := object[keys[0]]
	if len(keys) == 1 {
		if !there || got == nil {
			object[keys[0]] = ""
		}
		return
	}
	if !there || got == nil {
		got = make(map[string]any)
		object[keys[0]] = got
	}
	if inner, ok := got.(map[string]any); ok {
		know(inner, keys[1:])
	}
}

// userData notes the keys of .User.Data that a template names.
func userData(n parse.Node, known map[string]bool) {
	visit(n, func(n parse.Node) {
		var names []string
		switch n := n.(type) {
		case *parse.FieldNode:
			names = n.Ident
		case *parse.VariableNode:
			names = n.Ident[1:]
		}
		if len(names) > 2 && names[0] == "User" && names[1] == "Data" {
			known[strings.Join(names[2:], ".")] = true
		}
	})
}

// preheaderLength is about what lists of mails show.
const preheaderLength = 140

func preheader(body string) string {
	line := strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(line) <= preheaderLength {
		return line
	}
	return string([]rune(line)[:preheaderLength-1]) + "…"
}
