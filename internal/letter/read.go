package letter

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// A Reading is a message taken apart, for people to look at. What it holds is as untrusted as what was sent.
type Reading struct {
	Header []HeaderField // as in the message, in its order, decoded
	Text   string
	HTML   string
	Err    error // the message is not as it should be; what was read of it is there
}

// A HeaderField is one line of a header.
type HeaderField struct{ Name, Value string }

// Read takes a message apart.
func Read(message []byte) Reading {
	var r Reading
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	decoder := new(mime.WordDecoder)
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(string(head)), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if plain, err := decoder.DecodeHeader(value); err == nil {
			value = plain
		}
		r.Header = append(r.Header, HeaderField{name, value})
	}
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		r.Err = fmt.Errorf("read the message: %w", err)
		return r
	}
	r.Err = r.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, 0)
	return r
}

// part reads a part, and those in it.
func (r *Reading) part(contentType, encoding string, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("read a content type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		if depth > 4 {
			return errors.New("the parts are nested too deep")
		}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read a part: %w", err)
			}
			if err := r.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(io.LimitReader(body, MaxSize))
	if err != nil {
		return fmt.Errorf("decode a part: %w", err)
	}
	switch kind {
	case "text/plain":
		r.Text = unixLines(string(b))
	case "text/html":
		r.HTML = unixLines(string(b))
	}
	return nil
}

// Subject returns the subject of a message, decoded; empty when it has none.
func Subject(message []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return ""
	}
	subject := m.Header.Get("Subject")
	if plain, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		return plain
	}
	return subject
}
