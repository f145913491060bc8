package belfry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Limits of one send. The wire contract states them.
const (
	MaxRecipients = 1000       // people named in one send
	MaxBulk       = 1000       // sends in one bulk request
	MaxBody       = 512 * 1024 // bytes of one request's body
)

// A Send is what an app asks for: one notification, to one person, to several, or to everyone.
type Send struct {
	To        To              `json:"to"`
	Category  string          `json:"category"`             // dotted lower case, like order.assigned
	Title     string          `json:"title"`                // one line
	Body      string          `json:"body,omitempty"`       // plain text
	URL       string          `json:"url,omitempty"`        // a path, or http(s)
	Data      json.RawMessage `json:"data,omitempty"`       // a JSON object for the app's own page
	Actor     *Actor          `json:"actor,omitempty"`      //
	Priority  Priority        `json:"priority,omitzero"`    //
	Channels  []Channel       `json:"channels,omitempty"`   // empty: in_app
	Email     *EmailContent   `json:"email,omitempty"`      // overrides for the email channel
	DedupeKey string          `json:"dedupe_key,omitempty"` // the same person and key: replaced, not added
	SendAt    time.Time       `json:"send_at,omitzero"`     // zero: now
	ExpiresAt time.Time       `json:"expires_at,omitzero"`  // zero: never
}

// EmailContent overrides what the email channel would say by itself; empty fields override nothing.
type EmailContent struct {
	To      string `json:"to,omitempty"`
	Subject string `json:"subject,omitempty"`
	HTML    string `json:"html,omitempty"`
	Text    string `json:"text,omitempty"`
	ReplyTo string `json:"reply_to,omitempty"`
	Thread  string `json:"thread,omitempty"` // mails of one key are one conversation; default: the dedupe key
}

// To says for whom a send is: exactly one of its fields is set.
type To struct {
	Users []string
	Topic string
	All   bool
}

// ToUser names one person.
func ToUser(id string) To { return To{Users: []string{id}} }

// ToUsers names several people, at most [MaxRecipients].
func ToUsers(ids ...string) To { return To{Users: ids} }

// ToAll names everyone, known and not yet known.
func ToAll() To { return To{All: true} }

// MarshalJSON writes the wire form: a string, an array, {"topic":…} or {"all":true}.
func (t To) MarshalJSON() ([]byte, error) {
	switch {
	case t.All:
		return []byte(`{"all":true}`), nil
	case t.Topic != "":
		return json.Marshal(map[string]string{"topic": t.Topic})
	case len(t.Users) == 1:
		return json.Marshal(t.Users[0])
	default:
		return json.Marshal(t.Users)
	}
}

var errTo = errors.New(`must be a user id, an array of user ids, {"topic":"…"} or {"all":true}`)

// UnmarshalJSON reads the wire form.
func (t *To) UnmarshalJSON(b []byte) error {
	*t = To{}
	switch b = bytes.TrimSpace(b); {
	case len(b) > 0 && b[0] == '"':
		t.Users = []string{""}
		return json.Unmarshal(b, &t.Users[0])
	case len(b) > 0 && b[0] == '[':
		t.Users = []string{}
		if json.Unmarshal(b, &t.Users) != nil {
			return errTo
		}
		return nil
	}
	var o map[string]any // not a struct: encoding/json would take {"ALL":true} for one
	if json.Unmarshal(b, &o) != nil || len(o) != 1 {
		return errTo
	}
	t.All = o["all"] == true
	t.Topic, _ = o["topic"].(string)
	if !t.All && t.Topic == "" {
		return errTo
	}
	return nil
}

// Validate checks every field and brings the send into its normal form: Data compact, recipients named once each,
// times in UTC and whole milliseconds. The error is an [Error] that names every field at fault.
func (s *Send) Validate() error {
	var c checker
	s.To.validate(&c)
	c.category("category", s.Category)
	c.required("title", s.Title)
	c.line("title", s.Title, 512)
	c.text("body", s.Body)
	c.url("url", s.URL)
	s.Data = c.object("data", s.Data)
	if a := s.Actor; a != nil {
		c.line("actor.id", a.ID, 255)
		c.line("actor.name", a.Name, 255)
		c.url("actor.avatar_url", a.AvatarURL)
	}
	if int(s.Priority) >= len(priorityNames) {
		c.add("priority", "must be low, normal, high or critical")
	}
	for i, ch := range s.Channels {
		if ch != InApp && ch != Email {
			c.add(fmt.Sprintf("channels[%d]", i), fmt.Sprintf("%.40q is not a channel: use in_app or email", ch))
		}
	}
	if e := s.Email; e != nil {
		c.address("email.to", e.To)
		c.address("email.reply_to", e.ReplyTo)
		c.line("email.subject", e.Subject, 998) // RFC 5322 2.1.1: the longest line there is
		c.line("email.thread", e.Thread, 255)
		c.text("email.html", e.HTML)
		c.text("email.text", e.Text)
	}
	c.line("dedupe_key", s.DedupeKey, 255)
	s.SendAt, s.ExpiresAt = normalTime(s.SendAt), normalTime(s.ExpiresAt)
	c.year("send_at", s.SendAt)
	c.year("expires_at", s.ExpiresAt)
	return c.err()
}

func (t *To) validate(c *checker) {
	switch {
	case t.All && t.Topic != "", (t.All || t.Topic != "") && len(t.Users) > 0:
		c.add("to", "must be one of these: users, a topic, or all")
		return
	case t.All || t.Topic != "":
		c.line("to.topic", t.Topic, 255)
		return
	case len(t.Users) == 0:
		c.add("to", "is required: "+errTo.Error()[len("must be "):])
		return
	case len(t.Users) > MaxRecipients:
		c.add("to", fmt.Sprintf("names %d users; at most %d", len(t.Users), MaxRecipients))
		return
	case len(t.Users) == 1:
		c.userID("to", t.Users[0])
		return
	}
	once := make(map[string]bool, len(t.Users))
	users := make([]string, 0, len(t.Users))
	for i, id := range t.Users {
		c.userID(fmt.Sprintf("to[%d]", i), id)
		if !once[id] {
			once[id] = true
			users = append(users, id)
		}
	}
	t.Users = users
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}
