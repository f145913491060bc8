package fakegmail

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

// A Message is a mail that the server accepted.
type Message struct {
	Number    int       `json:"number"` // 1 is the first
	At        time.Time `json:"at"`
	Conn      int       `json:"conn"`
	User      string    `json:"user"`             // who was logged in
	From      string    `json:"from"`             // of the envelope
	To        []string  `json:"to"`               // of the envelope
	Params    []string  `json:"params,omitempty"` // of MAIL
	By        string    `json:"by"`               // DATA or BDAT
	TLS       string    `json:"tls,omitempty"`    // the version, like TLS 1.3
	MessageID string    `json:"message_id"`       // of the header, with its brackets
	Data      []byte    `json:"-"`                // exactly as sent, dots unstuffed
}

// Messages returns what was accepted, in order. A mail is in it before its 250 is written.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Copies returns the mails that have a Message-ID.
func (s *Server) Copies(messageID string) []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool { return m.MessageID != messageID })
}

// WaitFor returns when there are at least n messages; the error is that of ctx, or says that the server was closed.
func (s *Server) WaitFor(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		got, grown := slices.Clone(s.messages), s.grown
		s.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return got, fmt.Errorf("wait for %d mails, there are %d: %w", n, len(got), ctx.Err())
		case <-s.done:
			return got, fmt.Errorf("wait for %d mails, there are %d: the server was closed", n, len(got))
		}
	}
}

// Forget drops all messages and events.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages, s.events = nil, nil
}

// keep accepts a mail: after it, the mail is there whatever happens to the connection.
func (s *Server) keep(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Number, m.At, m.MessageID = s.accepted+1, s.now(), headerField(m.Data, "Message-ID")
	if s.opts.Keep != nil {
		if err := s.opts.Keep(m); err != nil {
			return err
		}
	}
	s.accepted++
	if !s.opts.Forget {
		s.messages = append(s.messages, m)
	}
	close(s.grown)
	s.grown = make(chan struct{})
	s.add(Event{Conn: m.Conn, Kind: Accepted, Text: fmt.Sprintf("%s from %s to %s, %d bytes", m.MessageID, m.From, m.To, len(m.Data)), Message: &m})
	return nil
}

// headerField returns the first field of that name, unfolded and trimmed.
func headerField(data []byte, name string) string {
	header, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	lines := bytes.Split(header, []byte("\r\n"))
	for i, line := range lines {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !bytes.EqualFold(bytes.TrimSpace(key), []byte(name)) {
			continue
		}
		for _, more := range lines[i+1:] {
			if len(more) == 0 || more[0] != ' ' && more[0] != '\t' {
				break
			}
			value = append(bytes.Clone(value), more...)
		}
		return string(bytes.TrimSpace(value))
	}
	return ""
}
