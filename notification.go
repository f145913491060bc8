package belfry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// A Priority says how much a notification matters. The zero Priority is Normal.
type Priority uint8

// The priorities.
const (
	Normal Priority = iota
	Low
	High
	Critical // ignores preferences and quiet hours
)

var priorityNames = [...]string{Normal: "normal", Low: "low", High: "high", Critical: "critical"}

// String returns the word of the wire.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return fmt.Sprintf("priority(%d)", p)
}

// MarshalText implements [encoding.TextMarshaler].
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Priority) UnmarshalText(b []byte) error {
	for i, name := range priorityNames {
		if name == string(b) {
			*p = Priority(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q is not a priority: use low, normal, high or critical", b)
}

// An Actor is who or what made the notification happen, for display.
type Actor struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	AvatarURL string `json:"avatar_url,omitempty"`
}

// A Notification is what one person sees: what was sent, and their own state of it. A state is the moment at which it
// was reached, zero while it is not; the three are independent of each other.
type Notification struct {
	ID         ID
	Category   string
	Title      string
	Body       string
	URL        string
	Data       json.RawMessage // a JSON object, compact; nil is the empty object
	Actor      *Actor
	Priority   Priority
	CreatedAt  time.Time
	SeenAt     time.Time
	ReadAt     time.Time
	ArchivedAt time.Time
	ExpiresAt  time.Time // zero: never
}

// Newer reports whether a list shows n above m: it was created later or, in the same millisecond, has the greater id.
func (n *Notification) Newer(m *Notification) bool {
	if !n.CreatedAt.Equal(m.CreatedAt) {
		return n.CreatedAt.After(m.CreatedAt)
	}
	return bytes.Compare(n.ID[:], m.ID[:]) > 0
}

// MarshalJSON writes the wire form; see [Notification.AppendJSON].
func (n Notification) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// AppendJSON appends the wire form to b: one line, every field always present, times as RFC 3339 UTC with milliseconds
// or null. It is the only encoder of a notification, so a list and a stream never differ.
func (n *Notification) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":"`...)
	b = n.ID.append(b)
	b = AppendString(append(b, `","category":`...), n.Category)
	b = AppendString(append(b, `,"title":`...), n.Title)
	b = AppendString(append(b, `,"body":`...), n.Body)
	b = AppendString(append(b, `,"url":`...), n.URL)
	b = append(b, `,"data":`...)
	if len(n.Data) == 0 {
		b = append(b, "{}"...)
	} else {
		b = append(b, n.Data...)
	}
	b = append(b, `,"actor":`...)
	if n.Actor == nil {
		b = append(b, "null"...)
	} else {
		b = AppendString(append(b, `{"id":`...), n.Actor.ID)
		b = AppendString(append(b, `,"name":`...), n.Actor.Name)
		b = AppendString(append(b, `,"avatar_url":`...), n.Actor.AvatarURL)
		b = append(b, '}')
	}
	b = append(append(b, `,"priority":"`...), n.Priority.String()...)
	b = AppendTime(append(b, `","created_at":`...), n.CreatedAt)
	b = AppendTime(append(b, `,"seen_at":`...), n.SeenAt)
	b = AppendTime(append(b, `,"read_at":`...), n.ReadAt)
	b = AppendTime(append(b, `,"archived_at":`...), n.ArchivedAt)
	b = AppendTime(append(b, `,"expires_at":`...), n.ExpiresAt)
	return append(b, '}')
}

// UnmarshalJSON reads the wire form.
func (n *Notification) UnmarshalJSON(b []byte) error {
	var w struct {
		ID         ID              `json:"id"`
		Category   string          `json:"category"`
		Title      string          `json:"title"`
		Body       string          `json:"body"`
		URL        string          `json:"url"`
		Data       json.RawMessage `json:"data"`
		Actor      *Actor          `json:"actor"`
		Priority   Priority        `json:"priority"`
		CreatedAt  *time.Time      `json:"created_at"`
		SeenAt     *time.Time      `json:"seen_at"`
		ReadAt     *time.Time      `json:"read_at"`
		ArchivedAt *time.Time      `json:"archived_at"`
		ExpiresAt  *time.Time      `json:"expires_at"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	*n = Notification{
		ID: w.ID, Category: w.Category, Title: w.Title, Body: w.Body, URL: w.URL, Data: w.Data, Actor: w.Actor, Priority: w.Priority,
		CreatedAt: at(w.CreatedAt), SeenAt: at(w.SeenAt), ReadAt: at(w.ReadAt), ArchivedAt: at(w.ArchivedAt), ExpiresAt: at(w.ExpiresAt),
	}
	return nil
}
