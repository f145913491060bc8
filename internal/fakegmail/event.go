package fakegmail

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Kind says what an event is.
type Kind string

// The kinds.
const (
	Opened   Kind = "open"
	Client   Kind = "client"   // a line that the client sent; credentials are masked
	Reply    Kind = "server"   // a line of the server
	Accepted Kind = "accepted" // a mail was accepted
	Fault    Kind = "fault"    // the scenario did something
	Closed   Kind = "close"
)

// An Event is something that happened.
type Event struct {
	At      time.Time `json:"at"`
	Conn    int       `json:"conn"` // 1 is the first connection
	Kind    Kind      `json:"event"`
	Text    string    `json:"text,omitempty"`
	Message *Message  `json:"mail,omitempty"` // of Accepted
}

// String returns one line, as a person reads it.
func (e Event) String() string {
	sign := map[Kind]string{Client: "C:", Reply: "S:", Accepted: "**", Fault: "!!", Opened: "--", Closed: "--"}[e.Kind]
	text := e.Text
	if e.Kind == Opened || e.Kind == Closed {
		text = strings.TrimSpace(string(e.Kind) + " " + text)
	}
	return fmt.Sprintf("[%d] %s %s", e.Conn, sign, text)
}

// Events returns what happened so far: the dialogues, line by line. No event holds a credential.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Dialogue returns the events as text, a line each.
func (s *Server) Dialogue() string {
	var b strings.Builder
	for _, e := range s.Events() {
		b.WriteString(e.String() + "\n")
	}
	return b.String()
}

func (s *Server) note(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(e)
}

// add needs s.mu.
func (s *Server) add(e Event) {
	e.At = s.now()
	if !s.opts.Forget {
		s.events = append(s.events, e)
	}
	if s.opts.Watch != nil {
		s.opts.Watch(e)
	}
}
